import { requestBytes } from '../../harness/raw.ts';
import { type Arena, concrete, type Route } from '../arena.ts';
import { type Attack, check, type Finding, inTurn, rawAttack, type RawProbe, runProbe } from '../attack.ts';

/** Ways to write a path so that a guard that compares text might miss it. */
const MUTATIONS: Readonly<Record<string, (path: string) => string>> = {
  'leading //': (path) => `/${path}`,
  'leading ///': (path) => `//${path}`,
  '/./': (path) => `/.${path}`,
  '/x/..': (path) => `/x/..${path}`,
  '/%2e/': (path) => `/%2e${path}`,
  '/%2e%2e/': (path) => `/x/%2e%2e${path}`,
  'upper case': (path) => path.toUpperCase(),
  'first letter upper': (path) => path.replace(/[a-z]/, (letter) => letter.toUpperCase()),
  'trailing slash': (path) => `${path}/`,
  'trailing //': (path) => `${path}//`,
  'trailing /.': (path) => `${path}/.`,
  'trailing %20': (path) => `${path}%20`,
  'trailing %00': (path) => `${path}%00`,
  'trailing ;': (path) => `${path};`,
  ';x=y': (path) => `${path};x=y`,
  '.json': (path) => `${path}.json`,
  '%2f for /': (path) => `/${path.slice(1).replaceAll('/', '%2f')}`,
  'one letter encoded': (path) => path.replace(/[a-z]/, (letter) => `%${letter.charCodeAt(0).toString(16)}`),
  'all encoded': (path) => path.replaceAll(/[a-z]/g, (letter) => `%${letter.charCodeAt(0).toString(16)}`),
  'double encoded': (path) =>
    path.replaceAll(/[a-z]/g, (letter) => `%25${letter.charCodeAt(0).toString(16)}`),
  'backslash first': (path) => `\\${path.slice(1)}`,
  'backslash for /': (path) => `/${path.slice(1).replaceAll('/', '\\')}`,
  'a fragment': (path) => `${path}#`,
  'a question': (path) => `${path}?`,
  'health first': (path) => `/health/..${path}`,
  'health encoded': (path) => `/health%2f..${path}`,
  'tab inside': (path) => `${path}%09`,
  'wide slash': (path) => path.replaceAll('/', '%ef%bc%8f'),
  'overlong slash': (path) => path.replaceAll('/', '%c0%af'),
};

export const PATHS: readonly Attack[] = [
  {
    id: 'X041–X043',
    input: 'every closed route, its path written in other ways, anonymous',
    expected: 'never 2xx, and the handler never runs',
    run: (arena) => anonymously(arena, MUTATIONS),
  },
  {
    id: 'X042',
    input: 'the same with a plain key, on routes for administrators',
    expected: 'never 2xx',
    run: (arena) =>
      mutated(
        arena,
        closed(arena.routes).filter(({ access }) => access === 'admin'),
        arena.key,
      ),
  },
  {
    id: 'X045',
    input: 'HEAD on each GET route that is closed',
    expected: '401 and no body',
    run: (arena) =>
      needRoutes(
        arena,
        closed(arena.routes).filter(({ method }) => method === 'GET'),
        (route) =>
          runProbe(arena, {
            name: `HEAD ${route.path}`,
            send: () => requestBytes({ method: 'HEAD', target: concrete(route.path) }),
            options: { headOnly: true },
            status: [401],
            anyShape: true,
          }),
      ),
  },
  {
    id: 'X046',
    input: 'method override headers',
    expected: 'ignored',
    run: (arena) =>
      needRoutes(
        arena,
        closed(arena.routes).filter(({ method }) => method === 'POST'),
        (route) =>
          inTurn(['X-HTTP-Method-Override', 'X-HTTP-Method', 'X-Method-Override'], (header) =>
            runProbe(arena, {
              name: `${header} to ${route.method} ${route.path}`,
              send: () =>
                requestBytes({ target: concrete(route.path), headers: [`${header}: ${route.method}`] }),
              status: [401, 404, 405],
            }),
          ),
      ),
  },
  rawAttack(
    {
      id: 'X048–X051',
      input: 'ways out of a path, with a valid key',
      expected: '400 or 404, the recorder sees nobody',
    },
    [
      '/v1/models/../../key/info',
      '/v1/models/%2e%2e/%2e%2e/key/info',
      '/v1/models/%2e%2e%2f%2e%2e%2fkey/info',
      '/v1/models/..%5c..%5ckey',
      '/v1/models/.%00.',
      '//evil.test/x',
      '/@evil.test',
      '/\\evil.test/x',
      '/%09https://evil.test',
      '/v1/models//evil.test',
      '/engines/..%2f..%2fadmin/chat/completions',
      '/openai/deployments/../../key/generate',
    ].map((target): RawProbe => ({
      name: target,
      send: ({ key }) => requestBytes({ target, key }),
      status: [400, 404, 405],
      upstream: 0,
    })),
  ),
  rawAttack({ id: 'X052', input: 'broken percent encoding', expected: '400 in our shape' }, [
    ...['/v1/models/%zz', '/v1/models/%', '/v1/models/%f', '/%zz'].map((target): RawProbe => ({
      name: target,
      send: ({ key }) => requestBytes({ target, key }),
      status: [400],
      neverSays: /%zz/,
    })),
    ...['/v1/models/%ff', '/v1/models/%c3%28', '/engines/%ff/chat/completions'].map((target): RawProbe => ({
      name: target,
      send: ({ key }) =>
        requestBytes({ target, key, method: target.startsWith('/engines') ? 'POST' : 'GET' }),
      status: [400, 404, 415],
    })),
  ]),
  rawAttack({ id: 'X054', input: 'an unknown route with HTML in its path', expected: '404, not reflected' }, [
    ...['/<script>alert(1)</script>', '/%3Cscript%3Ealert(1)%3C/script%3E', '/nowhere?x=<script>'].map(
      (target): RawProbe => ({
        name: target,
        send: ({ key }) => requestBytes({ target, key }),
        status: [400, 404],
        neverSays: /script|alert/,
      }),
    ),
    { name: 'unknown, anonymous', send: () => requestBytes({ target: '/nowhere' }), status: [401, 404] },
    {
      name: 'known, other method',
      send: ({ key }) => requestBytes({ method: 'DELETE', target: '/v1/models', key }),
      status: [404, 405],
    },
  ]),
];

const closed = (routes: readonly Route[]): Route[] =>
  routes.filter(
    ({ access, method }) => access !== 'public' && /^(?:GET|POST|PUT|PATCH|DELETE)$/.test(method),
  );

async function needRoutes(
  arena: Arena,
  routes: readonly Route[],
  step: (route: Route) => Promise<Finding | readonly Finding[]>,
): Promise<readonly Finding[]> {
  if (arena.routes.length === 0) return [check('route table', false, 'no route table is checked in')];
  return inTurn(routes, step);
}

const anonymously = (arena: Arena, mutations: typeof MUTATIONS): Promise<readonly Finding[]> =>
  needRoutes(arena, closed(arena.routes), (route) =>
    inTurn(Object.entries(mutations), ([name, mutate]) =>
      probePath(arena, route, { name, mutate, key: null }),
    ),
  );

const mutated = (arena: Arena, routes: readonly Route[], key: string): Promise<readonly Finding[]> =>
  needRoutes(arena, routes, (route) =>
    inTurn(Object.entries(MUTATIONS), ([name, mutate]) => probePath(arena, route, { name, mutate, key })),
  );

interface Mutation {
  readonly name: string;
  readonly mutate: (path: string) => string;
  readonly key: string | null;
}

function probePath(arena: Arena, route: Route, { name, mutate, key }: Mutation): Promise<Finding> {
  const target = mutate(concrete(route.path));
  const body = route.method === 'GET' ? {} : { body: '{}' };
  return runProbe(arena, {
    name: `${route.method} ${target} (${name})`,
    send: () => requestBytes({ method: route.method, target, ...(key === null ? {} : { key }), ...body }),
    options: { settleMs: 0 },
    status: [400, 401, 403, 404, 405, 415],
    upstream: 0,
  });
}
