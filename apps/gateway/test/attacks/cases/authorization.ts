import { stringOf } from '../../harness/http.ts';
import { requestBytes } from '../../harness/raw.ts';
import { type Arena, concrete, type Route } from '../arena.ts';
import { type Attack, check, type Finding, inTurn, runProbe } from '../attack.ts';

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'HEAD'] as const;

/** What anonymous callers may see, as the configuration of the tests leaves it; the only 2xx there are. */
const ANONYMOUS = new Set([
  '/',
  '/health',
  '/health/liveliness',
  '/health/liveness',
  '/health/readiness',
  '/metrics',
]);

export const AUTHORIZATION: readonly Attack[] = [
  {
    id: 'X095',
    input: 'a plain key on every management route, every method',
    expected: '403 for the route’s own method, never 2xx',
    run: (arena) =>
      each(
        arena,
        ({ access }) => access === 'admin',
        (route) =>
          inTurn(METHODS, (method) => {
            const own = method === route.method || (method === 'HEAD' && route.method === 'GET');
            return runProbe(arena, {
              name: `${method} ${route.path}`,
              send: () => asked(route, method, arena.key),
              options: { settleMs: 0, headOnly: method === 'HEAD' },
              status: own ? [403] : [200, 204, 401, 403, 404, 405].slice(method === 'OPTIONS' ? 0 : 2),
              ...(method === 'HEAD' ? { anyShape: true as const } : {}),
            });
          }),
      ),
  },
  {
    id: 'X095b',
    input: 'nobody on every route, every method',
    expected: '2xx only where the list of open routes says so',
    run: (arena) =>
      each(
        arena,
        () => true,
        (route) =>
          inTurn(METHODS, async (method) => {
            const isOpen = ANONYMOUS.has(route.path);
            return runProbe(arena, {
              name: `${method} ${route.path}`,
              send: () => asked(route, method, null),
              options: { settleMs: 0, headOnly: method === 'HEAD' },
              status: isOpen
                ? [200, 204, 401, 404, 405]
                : method === 'OPTIONS'
                  ? [204, 401, 403, 404, 405]
                  : [401, 404, 405],
              upstream: 0,
              ...(method === 'HEAD' ? { anyShape: true as const } : {}),
            });
          }),
      ),
  },
  {
    id: 'X098',
    input: 'another key’s information, rows and names by a plain key',
    expected: '403 or 404, or only the caller’s own; no foreign byte',
    run: foreign,
  },
];

async function each(
  arena: Arena,
  wanted: (route: Route) => boolean,
  step: (route: Route) => Promise<readonly Finding[]>,
): Promise<readonly Finding[]> {
  if (arena.routes.length === 0) return [check('route table', false, 'no route table')];
  return inTurn(arena.routes.filter(wanted), step);
}

function asked(route: Route, method: string, key: string | null): Buffer {
  const hasBody = !['GET', 'HEAD', 'OPTIONS'].includes(method);
  return requestBytes({
    method,
    target: concrete(route.path),
    ...(key === null ? {} : { key }),
    ...(hasBody ? { body: '{}' } : {}),
  });
}

async function foreign(arena: Arena): Promise<Finding[]> {
  const { gateway } = arena;
  const alias = `foreign-${Date.now()}`;
  const other = await gateway.ask('/key/generate', {
    body: { key_alias: alias, user_id: `${alias}-user`, metadata: { secret: `${alias}-secret` } },
  });
  const key = stringOf(other.json?.key);
  const hash = stringOf(other.json?.token);
  const callId = `${alias}-call`;
  await gateway.chat({}, { key, headers: { 'x-litellm-call-id': callId } });
  await gateway.row(callId);
  const absent = await gateway.ask(`/key/info?key=${'0'.repeat(64)}`, { key: arena.key });
  const paths = [
    `/key/info?key=${key}`,
    `/key/info?key=${hash}`,
    `/spend/logs?api_key=${hash}`,
    `/spend/logs?api_key=${key}`,
    `/spend/logs?user_id=${alias}-user`,
    `/spend/logs?request_id=${callId}`,
    '/spend/logs',
    `/user/info?user_id=${alias}-user`,
  ];
  const findings = await inTurn(paths, async (path) => {
    const answer = await gateway.ask(path, { key: arena.key });
    const leaks = answer.text.includes(alias) || answer.text.includes(hash);
    const echoed =
      answer.status >= 400 &&
      !answer.text.includes(`${alias}-secret`) &&
      !answer.text.includes(`${alias}-user`);
    return check(
      path.split('=')[0] ?? path,
      (!leaks || echoed) && answer.status < 500,
      `status ${answer.status}: ${answer.text.slice(0, 160)}`,
    );
  });
  const present = await gateway.ask(`/key/info?key=${hash}`, { key: arena.key });
  return [
    ...findings,
    check(
      'absent and foreign look alike',
      present.status === absent.status,
      `${present.status} and ${absent.status}`,
    ),
  ];
}
