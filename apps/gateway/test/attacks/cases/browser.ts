import { createHash } from 'node:crypto';
import { type Json, stringOf } from '../../harness/http.ts';
import { Visitor } from '../../ui/browsing.ts';
import { type Arena } from '../arena.ts';
import { type Attack, check, type Finding, inTurn } from '../attack.ts';
import { schemesOf, skeletonOf, vocabularyOf } from '../markup.ts';

const CODE = [
  '<img src=x onerror=__xss=1>',
  '<svg onload=__xss=1>',
  '<script>__xss=1</script>',
  '<iframe srcdoc="<script>parent.__xss=1</script>">',
  '<a href=javascript:__xss=1>x</a>',
  '<body onpageshow=__xss=1>',
  '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=__xss=1&gt;">',
  '<details open ontoggle=__xss=1>',
  '<base href=//evil.test/>',
  '<meta http-equiv=refresh content="0;url=//evil.test">',
];
/** Ways out of where a text may stand. */
const EXITS = [
  '',
  '">',
  "'>",
  '"',
  "' ",
  '</title>',
  '</textarea>',
  '</script>',
  '-->',
  '`',
  '&quot;>',
  '%22>',
];
const PAYLOADS = EXITS.flatMap((exit) => CODE.map((code) => exit + code));

const hashOf = (key: string): string => createHash('sha256').update(key).digest('hex');

export const BROWSER: readonly Attack[] = [
  {
    id: 'X111',
    input: `${PAYLOADS.length} pieces of markup in names, users, tags, metadata, models, errors and agents`,
    expected: 'every page keeps its structure, tag by tag',
    run: storedMarkup,
  },
  {
    id: 'X112',
    input: 'metadata that looks like what templates call',
    expected: 'every page 200',
    run: metadata,
  },
  {
    id: 'X113',
    input: 'addresses of models with schemes that run',
    expected: 'refused, or never a link',
    run: schemes,
  },
  {
    id: 'X116',
    input: 'changes that another site asks for',
    expected: '403 or 415, nothing changed',
    run: crossSite,
  },
  { id: 'X117', input: 'the pages in a frame', expected: 'forbidden by two headers', run: framing },
  {
    id: 'X118',
    input: 'a backend that answers with pages, scripts and cookies',
    expected: 'a download in a sandbox, no cookie',
    run: activeAnswers,
  },
];

/** What shows one text alone: a key's pages, whose structure is the same for every key, and the page of a call. */
interface Planted {
  readonly text: string;
  readonly pages: readonly string[];
  readonly callId: string;
}

/** A key with a call of its own, all of whose texts are `text`. */
async function plant({ gateway }: Arena, text: string): Promise<Planted> {
  const key = await gateway.key({
    key_alias: `${text} ${Math.random()}`,
    user_id: text,
    metadata: { note: text, [text]: text },
    tags: [text],
  });
  const call = await gateway.chat(
    { model: `fault/status-500`, user: text, metadata: { tags: [text] } },
    { key, headers: { 'user-agent': Buffer.from(text).toString('latin1') } },
  );
  const path = `/ui/keys/${hashOf(key)}`;
  return {
    text,
    pages: [path, `${path}/edit`, `${path}/delete`],
    callId: call.headers['x-litellm-call-id'] ?? '',
  };
}

const LISTS = [
  '/ui',
  '/ui/keys',
  '/ui/logs',
  '/ui/audit',
  '/ui/usage?by=user',
  '/ui/usage?by=key',
  '/ui/models',
  '/ui/settings',
];

/** How long a call took decides how many bars the list of a key's calls has. */
const isNoBar = (tag: string): boolean => !tag.startsWith('rect ');

async function storedMarkup(arena: Arena): Promise<readonly Finding[]> {
  const admin = await Visitor.signedIn(arena.gateway);
  const page = async (path: string): Promise<string> => (await admin.get(path)).text;
  const structures = async ({ pages }: Planted): Promise<string[]> =>
    Promise.all(
      pages.map(async (path) =>
        skeletonOf(await page(path))
          .filter(isNoBar)
          .join('\n'),
      ),
    );
  const callPage = async ({ callId }: Planted): Promise<Set<string>> =>
    vocabularyOf(await page(`/ui/logs/${callId}`));
  const harmless = await plant(arena, 'harmless');
  await arena.gateway.row(harmless.callId);
  const expected = { pages: await structures(harmless), call: await callPage(harmless) };
  const before = await Promise.all(LISTS.map(async (path) => vocabularyOf(await page(path))));
  const planted: Planted[] = [];
  for (const payload of PAYLOADS) planted.push(await plant(arena, payload));
  await arena.gateway.row(planted.at(-1)?.callId ?? '');
  const alone = await inTurn(planted, async (one) => {
    const found = await structures(one);
    // How long a call took decides how many bars its page has, so there the kinds of tags have to be the same.
    const fresh = [...(await callPage(one))].filter((tag) => !expected.call.has(tag));
    const same = found.every((structure, at) => structure === expected.pages[at]);
    return check(one.text, same && fresh.length === 0, `another structure; new: ${fresh.join(', ')}`);
  });
  const lists = await inTurn([...LISTS.entries()], async ([at, path]) => {
    const fresh = [...vocabularyOf(await page(path))].filter(
      (tag) => !before[at]?.has(tag) && !isHarmless(tag),
    );
    return check(path, fresh.length === 0, fresh.join(', '));
  });
  return [...alone, ...lists];
}

/** A page with more on it may have kinds of tags that it had not with less; none of them acts. */
const isHarmless = (tag: string): boolean =>
  !/^(?:script|iframe|object|embed|base|meta|link|style|math|body|img)\b| on\w+| srcdoc| http-equiv| formaction/.test(
    tag,
  );

async function metadata(arena: Arena): Promise<readonly Finding[]> {
  const admin = await Visitor.signedIn(arena.gateway);
  const odd: object[] = [
    { toHTML: 'x' },
    { toString: 'x', valueOf: 7 },
    { length: 1e9 },
    { constructor: { prototype: { x: 1 } } },
    { hash: {}, helperMissing: 'x', blockHelperMissing: 'x' },
    { lookupProperty: 1, each: 'x', if: 'y', this: {} },
    JSON.parse('{"__proto__":{"isAdmin":true}}') as object,
    { a: { b: { c: { d: { e: { f: {} } } } } } },
  ];
  return inTurn(odd, async (one) => {
    const name = JSON.stringify(one);
    const made = await arena.gateway.ask('/key/generate', { body: `{"metadata":${name}}` });
    if (made.status === 400) return check(name, true, '');
    const paths = ['/ui', '/ui/keys', `/ui/keys/${hashOf(stringOf(made.json?.key))}`, '/ui/audit'];
    const statuses = await Promise.all(paths.map(async (path) => (await admin.get(path)).status));
    return check(
      name,
      statuses.every((status) => status === 200),
      statuses.join(' '),
    );
  });
}

async function schemes(arena: Arena): Promise<readonly Finding[]> {
  const { gateway } = arena;
  const admin = await Visitor.signedIn(gateway);
  const bases = [
    'javascript:alert(1)',
    'data:text/html,<script>alert(1)</script>',
    '//evil.test',
    'file:///etc/passwd',
    'vbscript:x',
    'http://user:pass@evil.test/v1',
    'http://169.254.169.254/v1',
  ];
  const findings = await inTurn(bases, async (base) => {
    const name = `scheme-${Math.random()}`;
    const made = await gateway.ask('/model/new', {
      body: {
        model_name: name,
        litellm_params: { model: 'openai/x', api_base: base },
        model_info: { id: name },
      },
    });
    const page = await admin.get('/ui/models');
    const found = [...schemesOf(page.text)].filter((scheme) => !['http', 'https'].includes(scheme));
    if (made.status === 200) await gateway.ask('/model/delete', { body: { id: name } });
    return check(
      base,
      made.status < 500 && page.status === 200 && found.length === 0 && !page.text.includes('user:pass@'),
      `${made.status} ${made.text.slice(0, 120)}; ${found.join(' ')}`,
    );
  });
  return findings;
}

const OTHER_SITES: readonly (readonly [string, Record<string, string>])[] = [
  ['a form', { origin: 'https://evil.test', 'sec-fetch-site': 'cross-site' }],
  ['a sibling', { origin: 'https://evil.test', 'sec-fetch-site': 'same-site' }],
  ['an opaque origin', { origin: 'null', 'sec-fetch-site': 'cross-site' }],
  ['no word', {}],
  [
    'text/plain',
    { 'content-type': 'text/plain', origin: 'https://evil.test', 'sec-fetch-site': 'cross-site' },
  ],
  ['text/plain of our own', { 'content-type': 'text/plain', 'sec-fetch-site': 'same-origin' }],
];

async function crossSite(arena: Arena): Promise<readonly Finding[]> {
  const key = await arena.gateway.key({ key_alias: `csrf-${Date.now()}` });
  const admin = await Visitor.signedIn(arena.gateway);
  const paths = [
    `/ui/keys/${hashOf(key)}/delete`,
    `/ui/keys/${hashOf(key)}/block`,
    '/ui/keys/new',
    '/ui/settings/reload',
    '/ui/logout',
  ];
  const tries = await inTurn(paths, (path) =>
    inTurn(OTHER_SITES, async ([name, headers]) => {
      const { status } = await admin.post(path, { alias: 'made elsewhere', blocked: 'true' }, headers);
      return check(`${path} by ${name}`, [403, 415].includes(status), `status ${status}`);
    }),
  );
  const gets = await inTurn(paths, async (path) => {
    const { status } = await admin.get(path);
    return check(`GET ${path}`, [200, 404, 405].includes(status), `status ${status}`);
  });
  const left = await arena.gateway.ask(`/key/info?key=${key}`);
  const still = await admin.get('/ui/keys');
  const info: Json = left.json?.info ?? {};
  return [
    ...tries,
    ...gets,
    check('the key', left.status === 200 && (info.blocked as unknown) !== true, left.text.slice(0, 200)),
    check('the session', still.status === 200, `status ${still.status}`),
    check('no key was made', !still.text.includes('made elsewhere'), 'there is one'),
  ];
}

async function framing(arena: Arena): Promise<readonly Finding[]> {
  const admin = await Visitor.signedIn(arena.gateway);
  return inTurn([...LISTS, '/ui/login', '/ui/nowhere', '/ui/keys/none'], async (path) => {
    const { headers } = await admin.get(path);
    const policy = String(headers['content-security-policy']);
    const holds = headers['x-frame-options'] === 'DENY' && policy.includes("frame-ancestors 'none'");
    return check(path, holds, `${String(headers['x-frame-options'])}; ${policy}`);
  });
}

/** Like a browser that is signed in and is led to the address. */
async function activeAnswers(arena: Arena): Promise<readonly Finding[]> {
  const admin = await Visitor.signedIn(arena.gateway);
  const faults = ['html', 'setcookie', 'hostile-headers', 'wrong-type'];
  return inTurn(faults, async (fault) => {
    const answer = await arena.gateway.http.ask('/tts/v1/audio/speech', {
      headers: { cookie: admin.cookie },
      body: { model: `fault/${fault}`, input: 'x', voice: 'alloy' },
    });
    const { headers } = answer;
    const acts = [
      'set-cookie',
      'refresh',
      'link',
      'clear-site-data',
      'service-worker-allowed',
      'access-control-allow-origin',
    ];
    const left = acts.filter((name) => name in headers);
    const isPage = /html|svg|xml|javascript/.test(headers['content-type'] ?? '');
    const inert =
      (headers['content-security-policy'] ?? '').includes('sandbox') &&
      headers['x-content-type-options'] === 'nosniff' &&
      (!isPage || headers['content-disposition'] === 'attachment');
    const sent = await arena.sandbox.backend('openedai-speech').lastRequest();
    return check(
      fault,
      inert && left.length === 0 && sent.headers['cookie'] === undefined,
      `status ${answer.status}, left: ${left.join(' ')}, ${JSON.stringify(headers).slice(0, 300)}`,
    );
  });
}
