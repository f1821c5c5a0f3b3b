import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect } from '@jest/globals';
import { type Browser } from 'playwright-core';
import { until } from '../harness.ts';
import { launchBrowser } from '../harness/browser.ts';
import { suite, test } from '../harness/suite.ts';
import { HOSTILE_TEXTS } from './hostile-texts.ts';
import { Tabs } from './tabs.ts';
import { type Window } from './window.ts';

const parts = suite(
  { general: { store_prompts_in_spend_logs: true } },
  { env: { STORE_MODEL_IN_DB: 'True' } },
);
const PATIENCE_MS = 180_000;
const BATCH = 4;
const hashOf = (key: string): string => createHash('sha256').update(key).digest('hex');
/** As paths hold an id that is not plain. */
const segmentOf = (id: string): string => `~${Buffer.from(id).toString('base64url')}`;
let browser: Browser | undefined;
let tabs: Tabs;
let keys: readonly string[] = [];

/** Control characters are refused in some fields: there the rest has to do. */
const printable = (text: string): string => text.replace(/[\u0000-\u001f]/g, '');
const TEXTS = HOSTILE_TEXTS.map(printable);
/** Some of them, other ones each time. */
const some = (every: number, first = 0): readonly string[] =>
  TEXTS.filter((_, index) => index % every === first % every);

const MODELS = some(4, 1);

beforeAll(async () => {
  browser = await launchBrowser();
  await inBatches(MODELS, storeModel);
  keys = await inBatches(TEXTS, store);
  await storeOwners(TEXTS);
  tabs = await Tabs.open(browser, parts.gateway.url, 4);
}, PATIENCE_MS);

afterAll(() => browser?.close());

async function inBatches<T, R>(
  list: readonly T[],
  work: (one: T, index: number) => Promise<R>,
): Promise<R[]> {
  const done: R[] = [];
  for (let at = 0; at < list.length; at += BATCH) {
    const batch = list.slice(at, at + BATCH);
    done.push(...(await Promise.all(batch.map((one, index) => work(one, at + index)))));
  }
  return done;
}

/** Every text as id, name, tag and metadata of an owner of each kind. */
async function storeOwners(texts: readonly string[]): Promise<void> {
  const who = 'created_by, updated_by';
  const all = `unnest($1::text[]) AS text`;
  const metadata = `jsonb_build_object('toHTML', text, 'length', 1e9, text, text, 'tags', jsonb_build_array(text))`;
  for (const insert of [
    `INTO users (user_id, user_alias, user_email, models, metadata, ${who})
     SELECT text, text, text || md5(text), ARRAY[text], ${metadata}, text, text FROM ${all}`,
    `INTO teams (team_id, team_alias, models, model_aliases, metadata, ${who})
     SELECT text, text, ARRAY[text], jsonb_build_object(text, text), ${metadata}, text, text FROM ${all}`,
    `INTO team_members (team_id, user_id, role) SELECT text, text, 'admin' FROM ${all}`,
    `INTO budgets (budget_id, max_budget_usd, ${who}) SELECT text, 5, text, text FROM ${all}`,
    `INTO customers (user_id, alias, budget_id, ${who}) SELECT text, text, text, text, text FROM ${all}`,
  ]) {
    await parts.database.query(`INSERT ${insert} ON CONFLICT DO NOTHING`, [[...new Set(texts)]]);
  }
}

/** A model that is called so. */
async function storeModel(text: string): Promise<void> {
  const { status, text: answer } = await parts.gateway.ask('/model/new', {
    body: {
      model_name: modelName(text),
      litellm_params: { model: `openai/${text}`, api_base: 'http://127.0.0.1:9/v1' },
      model_info: { description: text },
    },
  });
  if (status !== 200) throw new Error(`/model/new: ${status} ${answer}`);
}

/** The text in every field that is stored for a key, and for two calls: one that is answered, one that is not. */
async function store(text: string, index: number): Promise<string> {
  const { gateway } = parts;
  const key = await gateway.key({
    key_alias: `${index} ${text}`.slice(0, 200),
    user_id: text,
    metadata: { toHTML: text, length: 1e9, [text]: text },
    tags: [text],
  });
  const headers = { 'user-agent': encodeURIComponent(text).slice(0, 200) };
  const messages = [{ role: 'user', content: text }];
  await gateway.chat({ user: text, messages, metadata: { tags: [text] } }, { key, headers });
  await gateway.chat({ user: text, model: `none ${modelName(text)}`, messages }, { key, headers });
  return key;
}

/** A star would make a pattern of it, a slash a provider's name. */
const modelName = (text: string): string => `m ${text.replaceAll('*', '')}`;

/** What ran of what others wrote, and what our own pages did against their policy. */
async function wrongsOf(window: Window, path: string): Promise<string[]> {
  const status = await window.go(path);
  const { xss, violations } = await window.trapped();
  return [
    ...(status >= 500 ? [`${path}: ${status}`] : []),
    ...(xss > 0 ? [`${path}: ${xss} ran`] : []),
    ...violations.map((one) => `${path}: ${one}`),
    ...window.wrongs.splice(0),
  ];
}

/** A list, and up to five further pages of it. */
async function wrongsOfList(window: Window, path: string): Promise<string[]> {
  const found = await wrongsOf(window, path);
  for (let page = 0; page < 5; page += 1) {
    const older = window.page.locator('a[rel=next]').first();
    const next = (await older.count()) > 0 ? await older.getAttribute('href') : null;
    if (next === null) break;
    found.push(...(await wrongsOf(window, next)));
  }
  return found;
}

test(
  `none of ${HOSTILE_TEXTS.length} hostile texts runs on any page that lists it`,
  async () => {
    const paths = [
      ...['/ui/logs', '/ui/keys', '/ui/audit', '/ui/users', '/ui/teams', '/ui/customers', '/ui/budgets'],
      ...['/ui', '/ui?by=key', '/ui?by=user', '/ui?period=7d&by=team', '/ui/models', '/ui/models/new'],
      ...['model', 'key', 'user', 'team', 'tag', 'end_user'].map((by) => `/ui/usage?by=${by}`),
      ...['/ui/settings', '/ui/playground', '/ui/keys/new', '/ui/users/new', '/ui/teams/new'],
    ];
    expect((await tabs.each(paths, wrongsOfList)).flat()).toEqual([]);
  },
  PATIENCE_MS,
);

test(
  'nor on the page of a call, a key, an owner or a model, where it is edited, or asked whether to delete it',
  async () => {
    const calls = await until('the calls are in the log', async () => {
      const rows = await parts.database.query<{ call_id: string }>('SELECT call_id FROM spend_logs');
      return rows.length >= TEXTS.length * 2 && rows;
    });
    const owners = ['users', 'teams', 'customers', 'budgets'].flatMap((kind, first) =>
      some(24, first).flatMap((text) =>
        ['', '/edit', '/delete'].map((what) => `/ui/${kind}/${segmentOf(text)}${what}`),
      ),
    );
    const paths = [
      ...keys.filter((_, index) => index % 12 === 0).map((key) => `/ui/keys/${hashOf(key)}`),
      ...keys.filter((_, index) => index % 24 === 6).map((key) => `/ui/keys/${hashOf(key)}/edit`),
      ...calls.filter((_, index) => index % 12 === 0).map(({ call_id: id }) => `/ui/logs/${id}`),
      ...MODELS.filter((_, index) => index % 3 === 0).map(
        (text) => `/ui/models/name/${segmentOf(modelName(text))}`,
      ),
      ...owners,
    ];
    expect((await tabs.each(paths, wrongsOf)).flat()).toEqual([]);
  },
  PATIENCE_MS,
);

const NAMES = [
  ...['q', 'model', 'user', 'error', 'id', 'by', 'period', 'measure', 'from', 'after', 'entity', 'done'],
];

test(
  'nor where an address brings it',
  async () => {
    const queries = Array.from({ length: TEXTS.length / NAMES.length }, (_, turn) => {
      const pairs = NAMES.map((name, index) => [name, HOSTILE_TEXTS[turn * NAMES.length + index] ?? '']);
      return new URLSearchParams(pairs).toString();
    });
    const paths = ['/ui/logs', '/ui/playground', '/ui/login', '/ui/users', '/ui/keys/new'].flatMap((path) =>
      queries.map((query) => `${path}?${query}`),
    );
    const found = (await tabs.each(paths, wrongsOf)).flat();
    expect(found.filter((one) => !/status of 400/.test(one))).toEqual([]);
  },
  PATIENCE_MS,
);
