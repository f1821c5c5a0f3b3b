import { expect, test } from '@jest/globals';
import { mayConnectTo } from './outbound-gate.js';
import { joinPath } from './upstream-path.js';

test('metadata and link-local addresses are never reached, private ones only when allowed', () => {
  for (const address of ['169.254.169.254', 'fe80::1', 'fd00:ec2::254', '0.0.0.0', '::']) {
    expect(mayConnectTo(address, true)).toBe(false);
  }
  for (const address of ['127.0.0.1', '10.1.2.3', '192.168.0.9', '172.20.0.1', '::1', 'fd12::1']) {
    expect([mayConnectTo(address, true), mayConnectTo(address, false)]).toEqual([true, false]);
  }
  for (const address of ['1.1.1.1', '2606:4700::1111']) expect(mayConnectTo(address, false)).toBe(true);
});

test('addresses of IPv4 in IPv6 clothes are judged as IPv4', () => {
  expect(mayConnectTo('::ffff:169.254.169.254', true)).toBe(false);
  expect(mayConnectTo('::ffff:a9fe:a9fe', true)).toBe(false);
  expect(mayConnectTo('::ffff:127.0.0.1', false)).toBe(false);
});

test('paths are joined below the base and nowhere else', () => {
  expect(joinPath('/v1', '/chat/completions')).toBe('/v1/chat/completions');
  expect(joinPath('', '/models/a%20b')).toBe('/models/a%20b');
  for (const path of [
    '//evil',
    '/\\evil',
    '/../x',
    '/a/..',
    '/./a',
    '/a?b',
    '/a#b',
    '/%2e%2e/x',
    '/a%2fb',
    '/%00',
    'x',
    '/a b',
    '/\thttps://e',
  ]) {
    expect(() => joinPath('/v1', path)).toThrow();
  }
});
