import { MASTER_KEY } from '../../harness/gateway.ts';
import { requestBytes } from '../../harness/raw.ts';
import { Visitor } from '../../ui/browsing.ts';
import { type Arena } from '../arena.ts';
import { type Attack, check, type Finding, inTurn, rawAttack, type RawProbe } from '../attack.ts';
import { isInTime } from '../judge.ts';

const PATTERNS = [
  '%'.repeat(200),
  '_'.repeat(500),
  '%_'.repeat(100),
  '\\'.repeat(199),
  "'%' OR 1=1 --",
  '(a+)+$',
];
const HASTE_MS = 2_000;

/** Lists with pages: where each takes its page and its size. */
const PAGED = [
  '/key/list',
  '/spend/logs/v2?start_date=2026-01-01&end_date=2026-01-02',
  '/user/list',
  '/v2/team/list',
];
const PAGE_NAMES: Readonly<Record<string, readonly [page: string, size: string]>> = {
  '/key/list': ['page', 'size'],
};

export const LISTS: readonly Attack[] = [
  {
    id: 'X086',
    input: 'search texts made of wildcards, in pages and API',
    expected: 'answered within 2 s, taken as text',
    run: patterns,
  },
  rawAttack(
    { id: 'X088', input: 'pages without measure, cursors that were tampered with', expected: '400' },
    [
      ...PAGED.flatMap((path) => {
        const [page, size] = PAGE_NAMES[path] ?? ['page', 'page_size'];
        const wrong = [
          `${size}=1000000000`,
          `${size}=-1`,
          `${size}=1e9`,
          `${size}=NaN`,
          `${page}=-1`,
          `${page}=0x10`,
          `${page}=99999999999999999999`,
        ];
        return wrong.map((query) => asAdmin(`${path}${path.includes('?') ? '&' : '?'}${query}`));
      }),
      ...['limit=-1', 'limit=1e9', 'before=%27', 'before=99999999999999999999999', 'after=1.zz'].map(
        (query) => asAdmin(`/audit?${query}`),
      ),
    ],
  ),
  {
    id: 'X088b',
    input: 'cursors of pages that were tampered with',
    expected: '400, and never a 500',
    run: cursors,
  },
];

function asAdmin(target: string): RawProbe {
  return {
    name: target,
    status: [400],
    withinMs: HASTE_MS,
    send: () => requestBytes({ target, key: MASTER_KEY }),
    neverSays: /syntax|bigint|relation/,
  };
}

async function patterns(arena: Arena): Promise<readonly Finding[]> {
  const admin = await Visitor.signedIn(arena.gateway);
  await arena.gateway.key({ key_alias: `100% of_it ${Date.now()}` });
  const paths = [
    ...['/ui/keys?q=', '/ui/logs?model=', '/ui/logs?error=', '/ui/logs?user='].map(
      (path) => [path, true] as const,
    ),
    ...[
      '/key/list?substring_matching=true&key_alias=',
      '/spend/logs/v2?start_date=2026-01-01&end_date=2026-01-02&error_message=',
    ].map((path) => [path, false] as const),
  ];
  return inTurn(paths, ([path, isPage]) =>
    inTurn(PATTERNS, async (pattern) => {
      const target = path + encodeURIComponent(pattern);
      const startedAt = performance.now();
      const { status, text } = await (isPage ? admin.get(target) : arena.gateway.ask(target));
      const ms = performance.now() - startedAt;
      const isText = !text.includes('100% of_it') || !['/ui/keys?q='].includes(path);
      return check(
        `${path}${JSON.stringify(pattern.slice(0, 12))}`,
        [200, 400].includes(status) && isInTime(ms, HASTE_MS) && isText,
        `status ${status}, ${ms.toFixed(0)} ms, ${isText ? '' : 'a wildcard was one'}`,
      );
    }),
  );
}

const CURSORS = [
  '1',
  "1.'--",
  `-1.${'a'.repeat(64)}`,
  `9999999999999999.${'a'.repeat(64)}`,
  '..',
  'null',
  'a'.repeat(2_000),
  '%00',
  'e30',
  '[]',
];

async function cursors(arena: Arena): Promise<readonly Finding[]> {
  const admin = await Visitor.signedIn(arena.gateway);
  return inTurn(['/ui/keys', '/ui/logs', '/ui/audit'], (path) =>
    inTurn(CURSORS, async (cursor) => {
      const { status } = await admin.get(`${path}?after=${cursor}`);
      return check(`${path} ${cursor.slice(0, 20)}`, [200, 400].includes(status), `status ${status}`);
    }),
  );
}
