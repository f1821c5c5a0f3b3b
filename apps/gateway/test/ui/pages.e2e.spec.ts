import { createHash } from 'node:crypto';
import { beforeAll, describe, expect } from '@jest/globals';
import { until } from '../harness.ts';
import { suite, test } from '../harness/suite.ts';
import { Visitor } from './browsing.ts';

const parts = suite();
const HOSTILE = [
  '"><img src=x onerror=alert(1)>',
  "'-alert(1)-'",
  '<script>alert(1)</script>',
  '{{constructor.constructor("alert(1)")()}}',
  '</title><svg onload=alert(1)>',
  'javascript:alert(1)',
  '\u202eevil\u0007 😀',
];
const hashOf = (key: string): string => createHash('sha256').update(key).digest('hex');
let admin: Visitor;

beforeAll(async () => {
  admin = await Visitor.signedIn(parts.gateway);
});

/** The rest of a page when text and quoted attribute values are taken out: markup that is really there. */
const markup = (html: string): string => html.replace(/"[^"]*"/g, '""').replace(/>[^<]*</g, '><');

describe('what others wrote', () => {
  test('stays text on every page', async () => {
    for (const [index, text] of HOSTILE.entries()) {
      const key = await parts.gateway.key({
        key_alias: `${index} ${text}`,
        user_id: text,
        metadata: { toHTML: 'x', length: 1e9, note: text },
        tags: [text],
      });
      await parts.gateway.chat(
        { user: text, model: 'no such model '.concat(text).replaceAll('*', '') },
        { key },
      );
      const page = await admin.get(`/ui/keys/${hashOf(key)}`);
      expect(page.status).toBe(200);
      expect(markup(page.text)).not.toMatch(/<img|onerror|onload|<svg onload|<script(?! src="")/);
    }
    for (const path of [
      '/ui',
      '/ui/keys',
      '/ui/logs',
      '/ui/audit',
      '/ui/usage?by=user',
      '/ui/usage?by=key',
    ]) {
      const page = await admin.get(path);
      expect({ path, status: page.status }).toEqual({ path, status: 200 });
      expect(markup(page.text)).not.toMatch(/<img|onerror|onload|<script(?! src="")/);
    }
  });

  test('stays text in what an address brings', async () => {
    for (const text of HOSTILE) {
      const query = new URLSearchParams({
        q: text,
        model: text,
        key: text,
        user: text,
        error: text,
        id: text,
        by: text,
      });
      for (const path of [
        '/ui/logs',
        '/ui/keys',
        '/ui/usage',
        '/ui/audit',
        '/ui/playground',
        '/ui/keys/new',
      ]) {
        const page = await admin.get(`${path}?${query.toString()}`);
        expect([200, 400]).toContain(page.status);
        expect(markup(page.text)).not.toMatch(/<img|onerror|onload|<script(?! src="")/);
      }
    }
  });
});

describe('a key', () => {
  test('is made with a form, shown in that one answer, edited, blocked, rotated and deleted', async () => {
    const made = await admin.post('/ui/keys/new', {
      alias: 'LibreChat',
      models: 'gpt-4',
      budget: '5',
      period: '1mo',
    });
    expect(made.status).toBe(200);
    const key = /<code id="newkey">(sk-[\w-]+)</.exec(made.text)?.[1] ?? '';
    expect((await parts.gateway.chat({}, { key })).status).toBe(200);
    const path = `/ui/keys/${hashOf(key)}`;
    for (const page of ['/ui/keys', path, `${path}/edit`, '/ui/audit']) {
      expect((await admin.get(page)).text).not.toContain(key);
    }
    expect(
      (
        await admin.post(`${path}/edit`, {
          alias: 'Libre',
          budget: '7.5',
          period: '1mo',
          duration: 'keep',
          rpm: '9',
        })
      ).status,
    ).toBe(303);
    expect((await admin.get(path)).text).toContain('$7.50');
    expect((await admin.get(path)).text).toContain('9 left');
    await admin.post(`${path}/block`, { blocked: 'true' });
    expect((await parts.gateway.chat({}, { key })).status).toBe(401);
    await admin.post(`${path}/block`, { blocked: 'false' });
    const rotated = await admin.post(`${path}/rotate`, { grace: '' });
    const next = /<code id="newkey">(sk-[\w-]+)</.exec(rotated.text)?.[1] ?? '';
    expect(next).not.toBe(key);
    expect((await parts.gateway.chat({}, { key })).status).toBe(401);
    expect((await admin.post(`/ui/keys/${hashOf(next)}/delete`, {})).headers['location']).toBe(
      '/ui/keys?done=deleted',
    );
    expect((await parts.gateway.chat({}, { key: next })).status).toBe(401);
  });

  test('with mistakes is refused at their fields, with what was typed', async () => {
    const page = await admin.post('/ui/keys/new', {
      alias: '',
      budget: '5,0 €',
      rpm: 'many',
      metadata: '[1]',
      period: '1mo',
    });
    expect(page.status).toBe(422);
    for (const id of ['alias', 'budget', 'rpm', 'metadata']) expect(page.text).toContain(`id="${id}-e"`);
    expect(page.text).toContain('value="5,0 €"');
  });

  test('of a taken name says so at the name', async () => {
    await admin.post('/ui/keys/new', { alias: 'twice', period: '1mo' });
    const page = await admin.post('/ui/keys/new', { alias: 'twice', period: '1mo' });
    expect(page.status).toBe(422);
    expect(page.text).toContain('id="alias-e"');
  });
});

describe('the holder of a virtual key', () => {
  test('sees his own calls and key, and nothing of anybody else', async () => {
    const own = await parts.gateway.key({ key_alias: 'mine' });
    const other = await parts.gateway.key({ key_alias: 'somebody-else' });
    const calls = await Promise.all([own, other].map((key) => parts.gateway.chat({}, { key })));
    const [mine = '', theirs = ''] = calls.map(({ headers }) => headers['x-litellm-call-id']);
    await parts.gateway.row(theirs);
    await parts.gateway.row(mine);
    const holder = await Visitor.signedIn(parts.gateway, own);
    const logs = await holder.get('/ui/logs');
    expect(logs.text).toContain('mine');
    expect(logs.text).not.toContain('somebody-else');
    expect((await holder.get(`/ui/logs/${theirs}`)).status).toBe(404);
    expect((await holder.get(`/ui/logs/${mine}`)).status).toBe(200);
    expect((await holder.get(`/ui/logs?of_key=${hashOf(other)}`)).text).not.toContain('somebody-else');
    expect((await holder.get('/ui/keys')).text).not.toContain('somebody-else');
    expect((await holder.get(`/ui/keys/${hashOf(other)}`)).status).toBe(404);
    for (const path of [
      '/ui/models',
      '/ui/settings',
      '/ui/audit',
      '/ui/keys/new',
      `/ui/keys/${hashOf(own)}/edit`,
    ]) {
      expect({ path, status: (await holder.get(path)).status }).toEqual({ path, status: 404 });
    }
    for (const path of [
      `/ui/keys/${hashOf(other)}/delete`,
      `/ui/keys/${hashOf(own)}/block`,
      '/ui/settings/reload',
    ]) {
      expect({ path, status: (await holder.post(path, {})).status }).toEqual({ path, status: 404 });
    }
  });

  test('is signed out when the key is deleted', async () => {
    const key = await parts.gateway.key();
    const holder = await Visitor.signedIn(parts.gateway, key);
    await parts.gateway.ask('/key/delete', { body: { keys: [key] } });
    expect((await holder.get('/ui/logs')).status).toBe(303);
  });
});

test('the playground answers without a script and streams with one', async () => {
  const page = await admin.post('/ui/playground', { model: 'gpt-4', message: 'Hello <b>there</b>' });
  expect(page.status).toBe(200);
  expect(page.text).toContain('Hello &lt;b&gt;there&lt;/b&gt;');
  const two = await admin.post('/ui/playground', [
    ['model', 'gpt-4'],
    ['model', 'gpt-3.5-turbo'],
    ['message', 'Hello'],
  ]);
  expect(two.text.match(/class="panel talk"/g)).toHaveLength(2);
  const body = { model: 'gpt-4', stream: true, messages: [{ role: 'user', content: 'Hello' }] };
  const stream = await admin.postJson('/ui/playground/chat', body);
  expect(stream.headers['content-type']).toContain('text/event-stream');
  expect(stream.text).toContain('data: [DONE]');
  const forged = await admin.postJson('/ui/playground/chat', body, { 'x-csrf-token': 'of another session' });
  expect(forged.status).toBe(403);
});

test('a call has a page with its time and its cost', async () => {
  const answer = await parts.gateway.chat();
  const id = answer.headers['x-litellm-call-id'] ?? '';
  await parts.gateway.row(id);
  const page = await until('the page of the call', async () => {
    const shown = await admin.get(`/ui/logs/${id}`);
    return shown.status === 200 && shown;
  });
  expect(page.text).toMatch(/Input<\/span>[\s\S]*\$0\.\d{9}/);
  expect(page.text).toContain('Where the time went');
});

test('no page is larger than 300 KB or shows a secret of an upstream', async () => {
  for (const path of ['/ui', '/ui/logs', '/ui/keys', '/ui/models', '/ui/settings', '/ui/usage']) {
    const page = await admin.get(path);
    expect(Buffer.byteLength(page.text)).toBeLessThan(300_000);
    expect(page.text).not.toContain('sk-upstream-canary-4711');
  }
});

test('the overview names keys that are near the end of the window of their budget, not of all that they ever spent', async () => {
  const budget = { max_budget: 1, budget_duration: '30d' };
  const [near, old] = [
    await parts.gateway.key({ key_alias: 'nearly there', ...budget }),
    await parts.gateway.key({ key_alias: 'long in use', ...budget }),
  ];
  for (const key of [near, old]) await parts.gateway.chat({}, { key });
  await parts.database.query(
    `UPDATE limit_accounts SET spent = 900000000000 WHERE scope = $1 AND kind = 'money'`,
    [`key:${hashOf(near)}`],
  );
  await parts.database.query(
    `INSERT INTO spend_totals VALUES ($1, '-infinity', 5000000000000, 1)
     ON CONFLICT (scope, window_start) DO UPDATE SET spent_pico_usd = excluded.spent_pico_usd`,
    [`key:${hashOf(old)}`],
  );
  const { text } = await admin.get('/ui');
  expect(text).toContain('nearly there has used 90% of its budget.');
  expect(text).not.toContain('long in use has used');
});
