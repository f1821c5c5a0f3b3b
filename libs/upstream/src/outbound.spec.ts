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

test('the metadata services that are not link-local are never reached either', () => {
  const services = [
    '100.100.100.200',
    '192.0.0.192',
    '0.0.0.1',
    'fd20:ce::254',
    'fd00:42::42',
    'fe80::1%eth0',
  ];
  expect(services.filter((address) => mayConnectTo(address, true))).toEqual([]);
});

test('an IPv4 address inside one of IPv6 is judged where NAT64, 6to4 and the like would send to', () => {
  const clothed = (a: string, b: string) => [
    `64:ff9b::${a}:${b}`,
    `64:ff9b:1::${a}:${b}`,
    `64:ff9b:0:0:0:0:${a}:${b}`,
    `2002:${a}:${b}::1`,
    `::${a}:${b}`,
    `::ffff:0:${a}:${b}`,
  ];
  for (const address of [...clothed('a9fe', 'a9fe'), '64:ff9b::169.254.169.254', '::169.254.169.254']) {
    expect([address, mayConnectTo(address, true)]).toEqual([address, false]);
  }
  for (const address of [...clothed('7f00', '1'), ...clothed('a00', '1'), '64:ff9b::10.0.0.1']) {
    expect([address, mayConnectTo(address, true), mayConnectTo(address, false)]).toEqual([
      address,
      true,
      false,
    ]);
  }
  for (const address of [...clothed('808', '808'), '64:ff9b::8.8.8.8']) {
    expect([address, mayConnectTo(address, false)]).toEqual([address, true]);
  }
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
    '/a%252fb',
    '/%25252e%25252e/x',
    '/%00',
    'x',
    '/a b',
    '/\thttps://e',
  ]) {
    expect(() => joinPath('/v1', path)).toThrow();
  }
});
