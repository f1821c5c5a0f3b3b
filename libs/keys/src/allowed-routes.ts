import { type AccessClass } from '@app/call';

/** What a rule about routes looks at: the template of the matched route, never the URL as sent. */
export interface Route {
  readonly template: string;
  readonly access: AccessClass;
}

const INFO_ROUTES: ReadonlySet<string> = new Set([
  '/key/info',
  '/v2/key/info',
  '/key/health',
  '/key/list',
  '/team/info',
  '/team/list',
  '/v2/team/list',
  '/team/available',
  '/organization/list',
  '/user/info',
  '/model/info',
  '/v1/model/info',
  '/v2/model/info',
  '/model_group/info',
  '/health',
  '/models',
  '/v1/models',
]);

const isInference = (route: Route): boolean => route.access === 'inference';
const isBelow =
  (...prefixes: readonly string[]) =>
  ({ template }: Route): boolean =>
    prefixes.some((prefix) => isAtOrBelow(template, prefix));

/** Names of whole classes of routes that may stand in `allowed_routes`. */
const ROUTE_CLASSES = new Map<string, (route: Route) => boolean>([
  ['openai_routes', isInference],
  ['llm_api_routes', isInference],
  ['anthropic_routes', isBelow('/v1/messages')],
  ['info_routes', ({ template }) => INFO_ROUTES.has(template)],
  ['management_routes', isBelow('/key', '/user', '/team', '/model', '/customer', '/budget', '/organization')],
  ['spend_tracking_routes', isBelow('/spend')],
  ['global_spend_tracking_routes', isBelow('/global')],
]);

/**
 * Whether a key with these `allowed_routes` may call `route`. An entry is a class of routes, an exact path,
 * a path above the route, or a path that ends in `*`. An empty list allows everything.
 */
export function allowsRoute(allowedRoutes: readonly string[], route: Route): boolean {
  return allowedRoutes.length === 0 || allowedRoutes.some((entry) => matches(entry, route));
}

function matches(entry: string, route: Route): boolean {
  if (!entry.startsWith('/')) return entry === '*' || (ROUTE_CLASSES.get(entry)?.(route) ?? false);
  if (entry.endsWith('*')) return route.template.startsWith(entry.slice(0, -1));
  return isAtOrBelow(route.template, entry);
}

function isAtOrBelow(template: string, prefix: string): boolean {
  return (
    template.startsWith(prefix) && (template.length === prefix.length || template[prefix.length] === '/')
  );
}

/** Whether `general_settings.public_routes` opens a route: an exact path, or all below a prefix that ends in `/*`. */
export function isPublicRoute(publicRoutes: readonly string[], template: string): boolean {
  return publicRoutes.some((entry) =>
    entry.endsWith('/*') ? template.startsWith(entry.slice(0, -1)) : entry === template,
  );
}
