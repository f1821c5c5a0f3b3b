import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect } from '@jest/globals';
import { type Browser } from 'playwright-core';
import { until } from '../harness.ts';
import { launchBrowser } from '../harness/browser.ts';
import { suite, test } from '../harness/suite.ts';
import { HOSTILE_TEXTS } from './hostile-texts.ts';
import { Window } from './window.ts';

const parts = suite();
const PATIENCE_MS = 180_000;
const BATCH = 4;
const hashOf = (key: string): string => createHash('sha256').update(key).digest('hex');
let browser: Browser;
let admin: Window;
let keys: readonly string[] = [];

/** Control characters are refused in some fields: there the rest has to do. */
const printable = (text: string): string => text.replace(/[\u0000-\u001f]/g, '');

beforeAll(async () => {
  browser = await launchBrowser();
  keys = await inBatches(HOSTILE_TEXTS, (text, index) => store(printable(text), index));
  admin = await Window.open(browser, parts.gateway.url);
}, PATIENCE_MS);

afterAll(() => browser.close());

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

/** The text in every field that is stored for a key, and for two calls: one that is answered, one that is not. */
async function store(text: string, index: number): Promise<string> {
  const key = await parts.gateway.key({
    key_alias: `${index} ${text}`.slice(0, 200),
    user_id: text,
    metadata: { toHTML: text, length: 1e9, [text]: text },
    tags: [text],
  });
  const headers = { 'user-agent': encodeURIComponent(text).slice(0, 200) };
  const messages = [{ role: 'user', content: text }];
  await parts.gateway.chat({ user: text, messages, metadata: { tags: [text] } }, { key, headers });
  await parts.gateway.chat(
    { user: text, model: text.replaceAll('*', '') || 'x', messages },
    { key, headers },
  );
  return key;
}

/** What ran of what others wrote, and what our own pages did against their policy. */
async function wrongsOf(path: string): Promise<string[]> {
  const status = await admin.go(path);
  const { xss, violations } = await admin.trapped();
  return [
    ...(status >= 500 ? [`${path}: ${status}`] : []),
    ...(xss > 0 ? [`${path}: ${xss} ran`] : []),
    ...violations.map((one) => `${path}: ${one}`),
    ...admin.wrongs.splice(0),
  ];
}

test(
  `none of ${HOSTILE_TEXTS.length} hostile texts runs on any page that shows it`,
  async () => {
    const lists = [
      ...['/ui', '/ui?by=key', '/ui?by=user', '/ui?period=7d&by=team', '/ui/keys', '/ui/logs', '/ui/audit'],
      ...['model', 'key', 'user', 'team', 'tag', 'end_user'].map((by) => `/ui/usage?by=${by}`),
      ...[
        '/ui/users',
        '/ui/teams',
        '/ui/customers',
        '/ui/budgets',
        '/ui/models',
        '/ui/settings',
        '/ui/playground',
      ],
    ];
    const found: string[] = [];
    for (const path of lists) found.push(...(await wrongsOf(path)));
    for (const path of ['/ui/logs', '/ui/keys', '/ui/audit']) {
      for (let page = 0; page < 6; page += 1) {
        const older = admin.page.locator('a[rel=next]').first();
        const isMore = page > 0 && (await older.count()) > 0;
        const next = page === 0 ? path : isMore ? await older.getAttribute('href') : null;
        if (next === null) break;
        found.push(...(await wrongsOf(next)));
      }
    }
    expect(found).toEqual([]);
  },
  PATIENCE_MS,
);

test(
  'nor on the page of a key or of a call',
  async () => {
    const found: string[] = [];
    const { rows } = await until('the calls are in the log', async () => {
      const answer = await parts.database.query<{ call_id: string }>(
        'SELECT call_id FROM spend_logs WHERE status >= 400',
      );
      return answer.length > 20 && { rows: answer };
    });
    for (const key of keys.filter((_, index) => index % 8 === 0))
      found.push(...(await wrongsOf(`/ui/keys/${hashOf(key)}`)));
    for (const { call_id: id } of rows.filter((_, index) => index % 8 === 0))
      found.push(...(await wrongsOf(`/ui/logs/${id}`)));
    expect(found).toEqual([]);
  },
  PATIENCE_MS,
);

test(
  'nor where an address brings it',
  async () => {
    const found: string[] = [];
    for (const text of HOSTILE_TEXTS.filter((_, index) => index % 4 === 0)) {
      const query = new URLSearchParams(
        [
          'q',
          'model',
          'user',
          'error',
          'id',
          'by',
          'period',
          'measure',
          'from',
          'after',
          'entity',
          'done',
        ].map((name) => [name, text]),
      ).toString();
      for (const path of ['/ui/logs', '/ui/playground', '/ui/login']) {
        const wrongs = await wrongsOf(`${path}?${query}`);
        found.push(...wrongs.filter((one) => !/status of 400/.test(one)));
      }
    }
    expect(found).toEqual([]);
  },
  PATIENCE_MS,
);
