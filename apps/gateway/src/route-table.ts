import { RequestMethod, type Type } from '@nestjs/common';
import { METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants.js';
import { MetadataScanner, type ModulesContainer } from '@nestjs/core';
import { ACCESS_CLASS, type AccessClass } from '@app/call';

export interface RouteEntry {
  readonly method: string;
  readonly path: string;
  readonly access: AccessClass;
  readonly controller: Type;
  /** Name of the method that answers. */
  readonly handler: string;
}

/**
 * Every route that the app serves, read from the controllers, sorted by path.
 * @throws Error for a handler without an access class and for a route that stands twice: the boot fails
 */
export function routeTable(container: ModulesContainer): RouteEntry[] {
  const entries = controllersOf(container).flatMap(routesOf);
  const seen = new Set<string>();
  for (const { method, path } of entries) {
    const route = `${method} ${path}`;
    if (seen.has(route)) throw new Error(`The route ${route} stands twice.`);
    seen.add(route);
  }
  return entries.sort((a, b) => a.path.localeCompare(b.path, 'en') || a.method.localeCompare(b.method, 'en'));
}

function controllersOf(container: ModulesContainer): Type[] {
  const modules = [...container.values()];
  const types = modules.flatMap(({ controllers }) =>
    [...controllers.values()].map(({ metatype }) => metatype),
  );
  return [...new Set(types)].filter((type): type is Type => typeof type === 'function');
}

function routesOf(controller: Type): RouteEntry[] {
  const prototype = controller.prototype as Record<string, unknown>;
  const prefixes = pathsOf(controller);
  return new MetadataScanner().getAllMethodNames(prototype).flatMap((name) => {
    const handler = prototype[name] as object;
    const method = Reflect.getMetadata(METHOD_METADATA, handler) as RequestMethod | undefined;
    if (method === undefined) return [];
    const access = Reflect.getMetadata(ACCESS_CLASS, handler) as AccessClass | undefined;
    if (!access) throw new Error(`${controller.name}.${name} has no access class: add @Access(…).`);
    return prefixes.flatMap((prefix) =>
      pathsOf(handler).map((path) => ({
        method: RequestMethod[method],
        path: joined(prefix, path),
        access,
        controller,
        handler: name,
      })),
    );
  });
}

function pathsOf(target: object): string[] {
  const paths = Reflect.getMetadata(PATH_METADATA, target) as string | string[] | undefined;
  return typeof paths === 'string' ? [paths] : (paths ?? ['']);
}

function joined(...parts: string[]): string {
  return `/${parts
    .map((part) => part.replace(/^\/+|\/+$/g, ''))
    .filter((part) => part !== '')
    .join('/')}`;
}
