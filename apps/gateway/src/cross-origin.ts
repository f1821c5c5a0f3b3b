import { type Request, type RequestHandler } from 'express';
import { addCommonHeaders } from '@app/call';
import { type ConfigStore } from '@app/config';
import { type RouteEntry } from './route-table.js';

const NO_CONTENT = 204;
const PREFLIGHT_SECONDS = '600';
/** Names of headers, with commas between them. */
const NAMES = /^[\w!#$%&'*+.^`|~, -]{1,2000}$/;

/**
 * Lets web pages of the origins in `LITELLM_CORS_ORIGINS` call the inference routes. They bring their key themselves:
 * cookies are of no use there, so that `*` gives nobody anything.
 */
export function crossOrigin(
  config: Pick<ConfigStore, 'current'>,
  routes: readonly RouteEntry[],
): RequestHandler {
  const isOpen = inferencePaths(routes);
  return (req, res, next) => {
    const { corsOrigins } = config.current;
    const { origin } = req.headers;
    if (corsOrigins.length === 0 || origin === undefined || !isOpen(req.path)) {
      next();
      return;
    }
    const isAllowed = corsOrigins.includes('*') || corsOrigins.includes(origin);
    const allowed = corsOrigins.includes('*') ? '*' : origin;
    addCommonHeaders(res, 'vary', 'origin');
    if (isAllowed)
      addCommonHeaders(res, 'access-control-allow-origin', allowed, 'access-control-expose-headers', '*');
    if (!isPreflight(req)) {
      next();
      return;
    }
    if (isAllowed) addCommonHeaders(res, ...preflightHeaders(req));
    res.writeHead(NO_CONTENT).end();
  };
}

const isPreflight = ({ method, headers }: Request): boolean =>
  method === 'OPTIONS' && headers['access-control-request-method'] !== undefined;

function preflightHeaders({ headers }: Request): string[] {
  const asked = headers['access-control-request-headers'] ?? '';
  return [
    'access-control-allow-methods',
    'GET, POST, DELETE',
    ...(NAMES.test(asked) ? ['access-control-allow-headers', asked] : []),
    'access-control-max-age',
    PREFLIGHT_SECONDS,
  ];
}

/** Whether a path is one of the routes that any valid key may call. */
function inferencePaths(routes: readonly RouteEntry[]): (path: string) => boolean {
  const paths = routes.filter(({ access }) => access === 'inference').map(({ path }) => path);
  const exact = new Set(paths.filter((path) => !/[:*]/.test(path)));
  const patterns = paths.filter((path) => !exact.has(path)).map(patternOf);
  return (path) => exact.has(path) || patterns.some((pattern) => pattern.test(path));
}

const patternOf = (path: string): RegExp =>
  new RegExp(`^${path.replaceAll('.', '\\.').replace(/\*\w+/g, '.+').replace(/:\w+/g, '[^/]+')}$`);
