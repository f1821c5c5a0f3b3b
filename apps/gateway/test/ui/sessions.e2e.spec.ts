import { readFileSync } from 'node:fs';
import { describe, expect } from '@jest/globals';
import { MASTER_KEY } from '../harness.ts';
import { suite, test } from '../harness/suite.ts';
import { Visitor } from './browsing.ts';

const parts = suite();
const anonymous = (): Visitor => new Visitor(parts.gateway.url);

const pages = readFileSync('apps/gateway/test/route-table.txt', 'utf8')
  .split('\n')
  .map((line) => line.split(' '))
  .filter(([, path = '']) => path.startsWith('/ui') && !/^\/ui\/(?:login|assets)/.test(path))
  .map(([method = '', path = '']) => ({ method, path: path.replace(/:\w+|\*\w+/g, 'a'.repeat(64)) }));

describe('without a session', () => {
  test('every page leads to the login', async () => {
    const gets = pages.filter(({ method }) => method === 'GET');
    expect(gets.length).toBeGreaterThan(10);
    for (const { path } of gets) {
      const { status, headers } = await anonymous().get(path);
      expect({ path, status }).toEqual({ path, status: 303 });
      expect(String(headers['location'])).toMatch(/^\/ui\/login(\?next=|$)/);
    }
  });

  test('no change is made', async () => {
    for (const { path } of pages.filter(({ method }) => method === 'POST')) {
      const { status, headers } = await anonymous().post(path, {});
      expect({ path, status }).toEqual({ path, status: 303 });
      expect(headers['location']).toBe('/ui/login');
    }
  });

  test('the address somebody wanted is only ever one of ours', async () => {
    for (const next of [
      '//evil.example',
      '\\\\evil',
      'javascript:alert(1)',
      '/ui//evil',
      'https://evil',
      '/key/list',
    ]) {
      const answer = await anonymous().post('/ui/login', { key: MASTER_KEY, next });
      expect({ next, to: answer.headers['location'] }).toEqual({ next, to: '/ui' });
    }
    const answer = await anonymous().post('/ui/login', { key: MASTER_KEY, next: '/ui/logs?model=gpt-4' });
    expect(answer.headers['location']).toBe('/ui/logs?model=gpt-4');
  });
});

describe('signing in', () => {
  test('says nothing of which part of a key was wrong, and sets no cookie', async () => {
    for (const key of ['', 'sk-wrong-0123456789-0123456789', MASTER_KEY.slice(0, -1), 'x'.repeat(5000)]) {
      const answer = await anonymous().post('/ui/login', { key });
      expect(answer.status).toBe(401);
      expect(answer.text).toContain('This key is not valid here');
      expect(answer.headers['set-cookie']).toBeUndefined();
    }
  });

  test('is not for keys that are limited to some routes, even those of an administrator', async () => {
    const { gateway } = parts;
    const user = { user_id: `narrow-${Date.now()}`, user_role: 'proxy_admin', auto_create_key: false };
    expect((await gateway.ask('/user/new', { body: user })).status).toBe(200);
    const { user_id } = user;
    const narrow = await gateway.key({ user_id, key_type: 'llm_api' });
    const answer = await anonymous().post('/ui/login', { key: narrow });
    expect([answer.status, answer.headers['set-cookie']]).toEqual([403, undefined]);
    expect(answer.text).toContain('pages are not among them');
    const named = await gateway.key({ user_id, allowed_routes: ['/v1/models', '/ui'] });
    const visitor = await Visitor.signedIn(gateway, named);
    expect((await visitor.get('/ui/keys')).status).toBe(200);
    const body = { key: named, allowed_routes: ['/v1/models'] };
    expect((await gateway.ask('/key/update', { body })).status).toBe(200);
    expect((await visitor.get('/ui/keys')).headers['location']).toMatch('/ui/login');
  });

  test('keeps the master key out of the cookie and of every page', async () => {
    const visitor = await Visitor.signedIn(parts.gateway);
    for (const path of ['/ui', '/ui/settings', '/ui/keys', '/ui/models']) {
      expect((await visitor.get(path)).text).not.toContain(MASTER_KEY);
    }
    expect(visitor.cookie).not.toContain(MASTER_KEY);
    const rows = await parts.database.query('SELECT * FROM ui_sessions');
    expect(JSON.stringify(rows)).not.toContain(MASTER_KEY);
    expect(JSON.stringify(rows)).not.toContain(visitor.cookie.split('=')[1]);
  });

  test('gives a new id and ends the session that was there', async () => {
    const visitor = await Visitor.signedIn(parts.gateway);
    const before = visitor.cookie;
    await visitor.post('/ui/login', { key: MASTER_KEY });
    expect(visitor.cookie).not.toBe(before);
    const old = anonymous();
    old.cookie = before;
    expect((await old.get('/ui')).status).toBe(303);
  });

  test('never takes over an id that the browser brings along', async () => {
    const visitor = anonymous();
    const planted = `gateway-session=${'A'.repeat(43)}`;
    visitor.cookie = planted;
    await visitor.post('/ui/login', { key: MASTER_KEY });
    expect(visitor.cookie).not.toBe(planted);
    const attacker = anonymous();
    attacker.cookie = planted;
    expect((await attacker.get('/ui')).status).toBe(303);
  });

  test('over TLS the cookie has the __Host- prefix and all that browsers demand for it', async () => {
    const answer = await anonymous().post(
      '/ui/login',
      { key: MASTER_KEY },
      { origin: parts.gateway.url, 'sec-fetch-site': 'same-origin', 'x-forwarded-proto': 'https' },
    );
    expect([answer.headers['set-cookie']].flat()[0]).toMatch(
      /^__Host-gateway-session=[\w-]{43}; Path=\/; Secure; HttpOnly; SameSite=Strict$/,
    );
  });

  test('is refused over plain HTTP from another machine, with the reason', async () => {
    const host = `llm.example:${parts.gateway.port}`;
    const answer = await anonymous().post(
      '/ui/login',
      { key: MASTER_KEY },
      { host, origin: `http://${host}`, 'sec-fetch-site': 'same-origin' },
    );
    expect(answer.status).toBe(403);
    expect(answer.text).toContain('not encrypted');
  });

  test('a key in the address is refused', async () => {
    expect((await anonymous().get(`/ui/login?key=${MASTER_KEY}`)).status).toBe(400);
  });

  test('signing out ends the session for good', async () => {
    const visitor = await Visitor.signedIn(parts.gateway);
    const { cookie } = visitor;
    expect((await visitor.post('/ui/logout', {})).headers['location']).toBe('/ui/login');
    const again = anonymous();
    again.cookie = cookie;
    expect((await again.get('/ui')).status).toBe(303);
  });
});

describe('a change that another site asks for', () => {
  const foreign: readonly (readonly [string, Record<string, string>])[] = [
    ['a cross-site form', { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }],
    ['a sibling host', { origin: 'https://evil.example', 'sec-fetch-site': 'same-site' }],
    ['an opaque origin', { origin: 'null', 'sec-fetch-site': 'same-origin' }],
    ['another port', { origin: 'http://127.0.0.1:1' }],
    ['no word of where it comes from', {}],
  ];

  test('is refused, whatever it brings', async () => {
    const visitor = await Visitor.signedIn(parts.gateway);
    for (const [name, headers] of foreign) {
      const { status } = await visitor.post('/ui/keys/new', { alias: `csrf ${name}` }, headers);
      expect({ name, status }).toEqual({ name, status: 403 });
    }
    expect(await parts.database.query("SELECT FROM virtual_keys WHERE key_alias LIKE 'csrf %'")).toEqual([]);
  });

  test('is refused without the token of this session', async () => {
    const visitor = await Visitor.signedIn(parts.gateway);
    const other = await Visitor.signedIn(parts.gateway);
    for (const csrf of ['', 'x', other.csrf]) {
      expect((await visitor.post('/ui/keys/new', { alias: 'no token', csrf })).status).toBe(403);
    }
  });

  test('is refused as anything but a form', async () => {
    const visitor = await Visitor.signedIn(parts.gateway);
    const own = { origin: visitor.base, 'sec-fetch-site': 'same-origin' };
    for (const type of ['text/plain', 'application/json', 'multipart/form-data; boundary=x']) {
      const { status } = await visitor.post('/ui/keys/new', { alias: 'x' }, { ...own, 'content-type': type });
      expect({ type, status }).toEqual({ type, status: 415 });
    }
  });
});

test('every answer forbids framing, sniffing, caching and scripts of others', async () => {
  const visitor = await Visitor.signedIn(parts.gateway);
  for (const path of ['/ui', '/ui/keys', '/ui/login', '/ui/nothing', '/ui/keys/none']) {
    const { headers } = await visitor.get(path);
    expect(headers).toMatchObject({
      'x-frame-options': 'DENY',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
      'cache-control': 'no-store',
    });
    expect(headers['content-security-policy']).toContain(
      "default-src 'none'; script-src 'self'; style-src 'self'",
    );
    expect(headers['content-security-policy']).not.toContain('unsafe');
    expect(headers['x-powered-by']).toBeUndefined();
  }
});

test('style and script have names of their own and are kept for a year', async () => {
  const { text } = await anonymous().get('/ui/login');
  for (const [, path = ''] of text.matchAll(/(?:href|src)="(\/ui\/assets\/[^"#]+)"/g)) {
    const { status, headers } = await anonymous().get(path);
    expect({ path, status }).toEqual({ path, status: 200 });
    expect(headers['cache-control']).toBe('public, max-age=31536000, immutable');
  }
});
