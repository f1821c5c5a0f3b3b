import { createHash } from 'node:crypto';
import { type Gateway, MASTER_KEY } from '../harness.ts';
import { Visitor } from '../ui/browsing.ts';
import { type Field, type Measured, type Row } from './row.ts';

const PAGES = [
  '/ui',
  '/ui/logs',
  '/ui/usage',
  '/ui/playground',
  '/ui/keys',
  '/ui/models',
  '/ui/audit',
  '/ui/settings',
];
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "media-src 'self' blob:",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
];
const GUARDS = {
  'x-frame-options': 'DENY',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
} as const;
const MANY_KEYS = 10_000;

const hashOf = (key: string): string => createHash('sha256').update(key).digest('hex');
const verdict = (wrongs: number, measured: Measured['measured']): Measured => ({
  pass: wrongs === 0,
  measured,
});

async function policy(field: Field): Promise<Measured> {
  const gateway = await field.gateway();
  const visitor = await Visitor.signedIn(gateway);
  let wrongs = 0;
  for (const path of [...PAGES, '/ui/login', '/ui/nothing', '/ui/keys/none']) {
    const value = String((await visitor.get(path)).headers['content-security-policy']);
    if (value.includes('unsafe') || POLICY.some((part) => !value.includes(part))) wrongs += 1;
  }
  const { headers } = await gateway.ask('/v1/models');
  const api = headers['content-security-policy'] ?? '';
  if (!api.includes("default-src 'none'") || !api.includes('sandbox')) wrongs += 1;
  return verdict(wrongs, { wrongs, pages: PAGES.length + 3, api });
}

async function guards(field: Field): Promise<Measured> {
  const visitor = await Visitor.signedIn(await field.gateway());
  let missing = 0;
  for (const path of [...PAGES, '/ui/login', '/ui/nothing']) {
    const { headers } = await visitor.get(path);
    for (const [name, value] of Object.entries(GUARDS)) if (headers[name] !== value) missing += 1;
    if (headers['x-powered-by'] !== undefined) missing += 1;
  }
  return verdict(missing, { missing });
}

async function sessions(field: Field): Promise<Measured> {
  const gateway = await field.gateway();
  const visitor = await Visitor.signedIn(gateway);
  const first = visitor.cookie;
  await visitor.post('/ui/login', { key: MASTER_KEY });
  const old = new Visitor(gateway.url);
  old.cookie = first;
  const replayed = (await old.get('/ui')).status === 200 ? 1 : 0;
  let leaks = visitor.cookie.includes(MASTER_KEY) ? 1 : 0;
  for (const path of PAGES) if ((await visitor.get(path)).text.includes(MASTER_KEY)) leaks += 1;
  const { cookie } = visitor;
  await visitor.post('/ui/logout', {});
  old.cookie = cookie;
  const undead = (await old.get('/ui')).status === 200 ? 1 : 0;
  const overTls = await old.post(
    '/ui/login',
    { key: MASTER_KEY },
    { origin: gateway.url, 'sec-fetch-site': 'same-origin', 'x-forwarded-proto': 'https' },
  );
  const line = [overTls.headers['set-cookie'] ?? ''].flat()[0] ?? '';
  const isStrict = /^__Host-gateway-session=[\w-]{43}; Path=\/; Secure; HttpOnly; SameSite=Strict$/.test(
    line,
  );
  return verdict(replayed + leaks + undead + (isStrict ? 0 : 1), {
    replayed,
    leaks,
    undead,
    strict: String(isStrict),
  });
}

async function forgeries(field: Field): Promise<Measured> {
  const gateway = await field.gateway();
  const visitor = await Visitor.signedIn(gateway);
  const own = { origin: gateway.url, 'sec-fetch-site': 'same-origin' };
  const tries: readonly (readonly [Record<string, string>, Record<string, string>])[] = [
    [{}, { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }],
    [{}, { origin: 'https://evil.example', 'sec-fetch-site': 'same-site' }],
    [{}, { origin: 'null', 'sec-fetch-site': 'same-origin' }],
    [{}, { origin: 'http://127.0.0.1:1' }],
    [{}, {}],
    [{ csrf: '' }, own],
    [{ csrf: 'x'.repeat(43) }, own],
    [{}, { ...own, 'content-type': 'text/plain' }],
    [{}, { ...own, 'content-type': 'application/json' }],
    [{ _method: 'DELETE' }, { ...own, 'sec-fetch-site': 'cross-site', 'x-http-method-override': 'DELETE' }],
  ];
  let accepted = 0;
  for (const path of [
    '/ui/keys/new',
    '/ui/settings/reload',
    '/ui/playground',
    '/ui/playground/chat',
    '/ui/logout',
  ]) {
    for (const [fields, headers] of tries) {
      const { status } = await visitor.post(path, { alias: 'forged', ...fields }, headers);
      if (status < 400) accepted += 1;
    }
  }
  const [{ count } = { count: 0 }] = await field.query<{ count: number }>(
    "SELECT count(*)::int AS count FROM virtual_keys WHERE key_alias = 'forged'",
  );
  return verdict(accepted + count, { accepted, made: count });
}

async function shownOnce(field: Field): Promise<Measured> {
  const gateway = await field.gateway();
  const visitor = await Visitor.signedIn(gateway);
  const made = await visitor.post('/ui/keys/new', { alias: 'once', period: '1mo' });
  const key = /<code id="newkey">(sk-[\w-]+)</.exec(made.text)?.[1] ?? '';
  let again = key === '' ? 1 : 0;
  for (const path of [...PAGES, '/ui/keys/new', `/ui/keys/${hashOf(key)}`]) {
    if ((await visitor.get(path)).text.includes(key)) again += 1;
  }
  return verdict(again + (gateway.child.output().includes(key) ? 1 : 0), { again });
}

async function redirects(field: Field): Promise<Measured> {
  const gateway = await field.gateway();
  let outside = 0;
  const targets = [
    '//evil',
    '\\\\evil',
    '/\\evil',
    'javascript:alert(1)',
    'https://evil',
    '/ui//evil',
    '/ui@evil',
    '%2f%2fevil',
  ];
  for (const next of targets) {
    const answer = await new Visitor(gateway.url).post('/ui/login', { key: MASTER_KEY, next });
    if (!/^\/ui(?:$|[/?])/.test(String(answer.headers['location']))) outside += 1;
  }
  const visitor = await Visitor.signedIn(gateway);
  const page = await visitor.get('/ui/keys', { host: 'evil.example' });
  if (/(?:href|src|action)="[^"]*evil/.test(page.text)) outside += 1;
  return verdict(outside, { outside });
}

async function sheets(field: Field): Promise<Measured> {
  const gateway = await field.gateway();
  const formulas = ['=HYPERLINK("x")', '+1', '-1', '@SUM(A1)', '\t=1', "=cmd|' /C calc'!A0", '"=1'];
  const key = await gateway.key();
  await Promise.all(
    formulas.map(async (user) => {
      const { headers } = await gateway.chat({ user, metadata: { tags: [user] } }, { key });
      await gateway.row(headers['x-litellm-call-id'] ?? '');
    }),
  );
  const visitor = await Visitor.signedIn(gateway);
  let live = 0;
  for (const by of ['end_user', 'tag']) {
    const { text } = await visitor.get(`/ui/usage.csv?by=${by}`);
    live += text.split('\r\n').filter((line) => /(?:^|,)"?[=+\-@\t]/.test(line)).length;
  }
  return verdict(live, { live });
}

async function longLists(field: Field): Promise<Measured> {
  const gateway = await field.gateway();
  await field.query(`INSERT INTO virtual_keys (hash, key_name, key_alias, version, created_by, updated_by)
    SELECT encode(sha256(('many ' || n)::bytea), 'hex'), 'sk-...' || n, 'key ' || n, 0, 'row', 'row'
    FROM generate_series(1, ${MANY_KEYS}) AS n`);
  const visitor = await Visitor.signedIn(gateway);
  const times: number[] = [];
  let largest = 0;
  for (let round = 0; round < 10; round += 1) {
    for (const path of PAGES) {
      const startedAt = performance.now();
      const { text } = await visitor.get(path);
      times.push(performance.now() - startedAt);
      largest = Math.max(largest, Buffer.byteLength(text));
    }
  }
  times.sort((a, b) => a - b);
  const p95 = Math.round(times[Math.floor(times.length * 0.95)] ?? 0);
  return {
    pass: p95 <= 200 && largest <= 300_000,
    measured: { keys: MANY_KEYS, p95Ms: p95, largestBytes: largest },
  };
}

const GUESSES = 200;

async function guessing(field: Field): Promise<Measured> {
  const gateway = await field.gateway();
  const seen = await guess(gateway);
  const known = await Visitor.signedIn(gateway).then(
    () => 'in',
    () => 'locked out',
  );
  return { pass: seen <= 5, measured: { guesses: GUESSES, lookedAt: seen, ownAddress: known } };
}

/** Wrong keys from one address, each with another invented forwarded address; how many were looked at. */
async function guess(gateway: Gateway): Promise<number> {
  let seen = 0;
  for (let count = 0; count < GUESSES; count += 1) {
    const { status } = await new Visitor(gateway.url).post(
      '/ui/login',
      { key: `sk-guess-${count}-0123456789` },
      { origin: gateway.url, 'sec-fetch-site': 'same-origin', 'x-forwarded-for': `10.1.${count}.1` },
    );
    if (status !== 429) seen += 1;
  }
  return seen;
}

export const PAGE_ROWS: readonly Row[] = [
  { id: 'W2', promise: 'CSP strict', bar: 'every page, no unsafe-*', run: policy },
  { id: 'W5', promise: 'Sessions', bar: 'rotated, revoked, __Host-, no key anywhere', run: sessions },
  { id: 'W6', promise: 'No forged changes', bar: '0 accepted', run: forgeries },
  { id: 'W7', promise: 'No framing, sniffing, caching', bar: 'every header on every page', run: guards },
  { id: 'W9', promise: 'A key is shown once', bar: 'in one answer, in no log', run: shownOnce },
  { id: 'W10', promise: 'No way out by redirect', bar: '0 outside', run: redirects },
  { id: 'W11', promise: 'Exports run nothing', bar: '0 formulas', run: sheets },
  { id: 'W12', promise: 'Pages are quick', bar: 'p95 <= 200 ms, <= 300 KB at 10,000 keys', run: longLists },
  { id: 'N14', promise: 'Guessing at the login', bar: 'at most 5 a minute from one address', run: guessing },
];
