import { type Type } from '@nestjs/common';
import { ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import { type DtoClass } from '@app/call';

/** The class that `@ManagementBody` names in a handler's parameters; null where there is none. */
export function bodyClassOf(controller: Type, handler: string): DtoClass | null {
  const parameters = Reflect.getMetadata(ROUTE_ARGS_METADATA, controller, handler) as
    Readonly<Record<string, { readonly data?: unknown }>> | undefined;
  for (const { data } of Object.values(parameters ?? {})) {
    if (typeof data === 'function') return data as DtoClass;
  }
  return null;
}
