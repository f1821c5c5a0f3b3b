import { describe, expect } from '@jest/globals';
import { MASTER_KEY, RawConnection } from './harness.ts';
import { suite, test } from './harness/suite.ts';

const parts = suite({
  general: {
    client_rate_limit: { average: 1, burst: 20 },
    trusted_proxies: ['127.0.0.0/8'],
    pass_through_endpoints: [{ path: '/raw', target: 'http://127.0.0.1:9', include_subpath: true }],
  },
});

const ask = (from: string, path = '/v1/models') =>
  parts.gateway.ask(path, { headers: { 'x-forwarded-for': from } });

describe('the limit of an address', () => {
  test('is told by the list of models', async () => {
    const { status, headers } = await ask('192.0.2.1');
    expect(status).toBe(200);
    expect(headers).toMatchObject({
      'x-ratelimit-limit-requests': '20',
      'x-ratelimit-remaining-requests': '19',
      'x-ratelimit-reset-requests': '1s',
    });
  });

  test('refuses who comes too often, whatever the credential and the path, and nobody else', async () => {
    const answers = await Promise.all(Array.from({ length: 40 }, () => ask('192.0.2.2', '/no/such/path')));
    expect(answers.filter(({ status }) => status === 404).length).toBeLessThanOrEqual(21);
    const refused = answers.find(({ status }) => status === 429);
    expect(refused?.headers).toMatchObject({ 'retry-after': '1', 'content-type': 'application/json' });
    expect((await ask('192.0.2.3')).status).toBe(200);
  });

  test('binds pass-through endpoints as well', async () => {
    const answers = await Promise.all(Array.from({ length: 40 }, () => ask('192.0.2.6', '/raw/x')));
    expect(answers.some(({ status }) => status === 429)).toBe(true);
  });

  test('counts the network of an IPv6 client, not its addresses', async () => {
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, host) => ask(`2001:db8:1:2::${(host + 1).toString(16)}`)),
    );
    expect(answers.some(({ status }) => status === 429)).toBe(true);
  });

  test('does not bind those who ask after its health', async () => {
    await Promise.all(Array.from({ length: 40 }, () => ask('192.0.2.4')));
    for (const path of ['/health/liveliness', '/health', '/metrics'])
      expect((await ask('192.0.2.4', path)).status).toBe(200);
  });

  test('is answered before the body is read', async () => {
    await Promise.all(Array.from({ length: 40 }, () => ask('192.0.2.5')));
    const connection = new RawConnection(parts.gateway.port);
    connection.send(
      `POST /v1/chat/completions HTTP/1.1\r\nhost: gateway\r\nauthorization: Bearer ${MASTER_KEY}\r\n` +
        'x-forwarded-for: 192.0.2.5\r\ncontent-type: application/json\r\ncontent-length: 1000000\r\n\r\n{',
    );
    expect(await connection.waitFor(/HTTP\/1\.1 429/, 5_000)).toBe(true);
    connection.destroy();
  });
});
