import { describe, expect, test } from '@jest/globals';
import { type ConfigNode, nodeFromJson } from './config-node.js';
import { Findings } from './findings.js';
import { asCidr, asHeaderName, asHeaders, asHostName, asOrigin, asRoute, asUrl } from './network-values.js';
import { type Parse } from './section.js';

function node(value: string | Record<string, string>): ConfigNode {
  return nodeFromJson(value, 'x', { file: 'config.yaml', line: 1, column: 1 });
}

function accepted<T>(parse: Parse<T>, value: string | Record<string, string>): T | null {
  const findings = new Findings();
  const result = parse(node(value), findings);
  expect(findings.problems).toEqual([]);
  return result;
}

function refused<T>(parse: Parse<T>, value: string | Record<string, string>): string {
  const findings = new Findings();
  const result = parse(node(value), findings);
  expect(findings.problems).toHaveLength(1);
  if (typeof value === 'string') expect(result).toBeNull();
  return findings.problems[0]?.message ?? '';
}

describe('addresses of upstreams', () => {
  test.each([
    ['http://llama-swap:8080/v1', 'http://llama-swap:8080/v1'],
    ['http://llama-swap:8080/v1/', 'http://llama-swap:8080/v1'],
    ['https://api.example.org', 'https://api.example.org'],
    [' http://127.0.0.1:1 ', 'http://127.0.0.1:1'],
    ['http://[::1]:8080/v1', 'http://[::1]:8080/v1'],
    ['http://openedai-speech:8000/v1/..', 'http://openedai-speech:8000'],
    ['http://under_score:80/', 'http://under_score'],
  ])('%s is %s', (value, expected) => {
    expect(accepted(asUrl, value)).toBe(expected);
  });

  test.each([
    'llama-swap:8080',
    '//llama-swap/v1',
    'ftp://host/',
    'file:///etc/passwd',
    'javascript:alert(1)',
    'http://',
    'http:/host',
    'http:\\\\host',
    'http://ho st',
    'http://host:99999',
    'http://a\tb/',
  ])('%p is none', (value) => {
    expect(refused(asUrl, value)).toBe('This is no http or https address.');
  });

  test('credentials in an address would end up in logs', () => {
    const message = refused(asUrl, 'http://user:secret@host/v1');
    expect(message).toBe('The address holds a user or a password.');
  });

  test.each(['http://host/v1?key=secret', 'http://host/v1#x'])('%s holds more than an address', (value) => {
    expect(refused(asUrl, value)).toBe('The address holds a query or a fragment.');
  });
});

describe('origins', () => {
  test.each([
    ['*', '*'],
    ['https://chat.example.org', 'https://chat.example.org'],
    ['https://chat.example.org/', 'https://chat.example.org'],
    ['http://localhost:3000', 'http://localhost:3000'],
  ])('%s', (value, expected) => {
    expect(accepted(asOrigin, value)).toBe(expected);
  });

  test.each(['chat.example.org', 'https://a/b', 'null', 'file:///x', 'https://*.example.org/x', ''])(
    '%p is none',
    (value) => {
      refused(asOrigin, value);
    },
  );
});

describe('blocks of addresses', () => {
  test.each([
    ['172.18.0.0/16', '172.18.0.0/16'],
    ['10.0.0.2', '10.0.0.2/32'],
    ['::1', '::1/128'],
    ['fd00::/8', 'fd00::/8'],
    ['0.0.0.0/0', '0.0.0.0/0'],
  ])('%s is %s', (value, expected) => {
    expect(accepted(asCidr, value)).toBe(expected);
  });

  test.each([
    '172.18.0.0/33',
    '172.18.0/16',
    'fd00::/129',
    'traefik',
    '10.0.0.0/8/8',
    '10.0.0.0/',
    '10.0.0.0/-1',
    '',
  ])('%p is none', (value) => {
    expect(refused(asCidr, value)).toBe('This is no block of addresses.');
  });
});

describe('routes', () => {
  const open = asRoute({ wildcard: true });
  const exact = asRoute({ wildcard: false });

  test.each(['/v1/models', '/metrics', '/docs/*', '/v1/models/*'])('%s may be opened', (value) => {
    expect(accepted(open, value)).toBe(value);
  });

  test.each([
    '/*',
    '*',
    '/',
    'v1/models',
    '/v1/*/x',
    '//x',
    '/a/../b',
    '/a/.',
    '/a b',
    '/a?b',
    '/a%2fb',
    'openai_routes',
  ])('%p may not', (value) => {
    refused(open, value);
  });

  test('a path that is passed through loses its trailing slash', () => {
    expect(accepted(exact, '/tts/')).toBe('/tts');
  });

  test.each(['/tts/*', '/', ''])('%p cannot be passed through', (value) => {
    refused(exact, value);
  });
});

describe('headers', () => {
  test('names become lower case', () => {
    expect(accepted(asHeaders, { 'X-Team': 'a b' })).toEqual({ 'x-team': 'a b' });
    expect(accepted(asHeaderName, ' X-Api-Key ')).toBe('x-api-key');
  });

  test.each(['Host', 'content-length', 'Transfer-Encoding', 'connection', 'upgrade'])(
    '%s is not for people to set',
    (name) => {
      expect(refused(asHeaders, { [name]: 'x' })).toBe('The gateway sets this header itself.');
    },
  );

  test.each([
    ['a line break in a value', { 'x-a': 'a\r\nx-b: c' }],
    ['another script in a value', { 'x-a': '鍵' }],
    ['a name with a space', { 'x a': 'b' }],
    ['a name with a line break', { 'x\na': 'b' }],
  ])('%s is refused', (_what, headers) => {
    refused(asHeaders, headers);
  });

  test('a text is no mapping of headers', () => {
    refused(asHeaders, 'x-a: b');
  });

  test('a header that is not usable does not take the others with it', () => {
    const findings = new Findings();
    expect(asHeaders(node({ host: 'x', 'x-a': 'b' }), findings)).toEqual({ 'x-a': 'b' });
  });
});

describe('host names', () => {
  test.each(['0.0.0.0', '127.0.0.1', '::1', '::', 'localhost', 'my_host', 'LLM.example.org'])(
    '%s',
    (value) => {
      expect(accepted(asHostName, value)).toBe(value.toLowerCase());
    },
  );

  test.each(['http://host', 'host:80', 'a b', '*', ''])('%p is none', (value) => {
    refused(asHostName, value);
  });
});
