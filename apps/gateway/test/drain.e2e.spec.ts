import { afterAll, describe, expect } from '@jest/globals';
import {
  chunksOf,
  dataOf,
  type Gateway,
  pause,
  raw,
  requestBytes,
  stringOf,
  textOf,
  until,
} from './harness.ts';
import { suite, test } from './harness/suite.ts';

const parts = suite();
const others: Gateway[] = [];

afterAll(() => Promise.all(others.map(({ http }) => http.close())));

async function aGateway(): Promise<Gateway> {
  const gateway = await parts.another();
  others.push(gateway);
  return gateway;
}

describe('a gateway that is told to end', () => {
  test('says no to readiness, still serves, lets streams finish and exits with 0', async () => {
    const gateway = await aGateway();
    const key = await gateway.key({ user_id: 'drained' });
    await parts.llamaSwap.settings({ decodeMsPerToken: 50, answerTokens: 80 });
    const streams = Array.from({ length: 10 }, () => gateway.chat({ stream: true }, { key }));
    await until('the streams run', async () => (await parts.llamaSwap.open()).inProgress === 10);
    const endedAt = performance.now();
    gateway.child.signal('SIGTERM');
    await until(
      'readiness says no',
      async () => (await gateway.http.ask('/health/readiness')).status === 503,
      2_000,
    );
    const late = await gateway.chat({ max_tokens: 2 }, { key });
    expect(late.status).toBe(200);
    expect(late.headers['connection']).toBe('close');
    expect((await gateway.http.ask('/health/liveliness')).status).toBe(200);
    for (const { text } of await Promise.all(streams)) {
      expect(text.trimEnd().endsWith('data: [DONE]')).toBe(true);
      expect(textOf(chunksOf(text))).toMatch(/\w/);
    }
    expect(await gateway.child.exited).toEqual({ code: 0, signal: null });
    expect(performance.now() - endedAt).toBeGreaterThan(4_500);
    const rows = await parts.gateway.rows({ user_id: 'drained' }, 11);
    expect(rows.map(({ status }) => status)).toEqual(rows.map(() => 'success'));
    await parts.llamaSwap.reset({ settings: true });
  }, 40_000);

  test('takes no new connection once its notice is over, and ends what does not end with an error frame and a row', async () => {
    const gateway = await aGateway();
    const key = await gateway.key({ user_id: 'cut' });
    await parts.llamaSwap.settings({ decodeMsPerToken: 200, answerTokens: 5_000 });
    const stream = gateway.chat({ stream: true }, { key });
    await until('the stream runs', async () => (await parts.llamaSwap.open()).inProgress > 0);
    await pause(500);
    gateway.child.signal('SIGINT');
    await pause(300);
    expect((await raw(gateway.port, requestBytes({ target: '/health' }))).status).toBe(0);
    gateway.child.signal('SIGINT');
    const data = dataOf((await stream).text);
    expect(data).not.toContain('[DONE]');
    expect(data.at(-1)).toContain('"error"');
    expect((await gateway.child.exited).code).toBe(0);
    const [row] = await parts.gateway.rows({ user_id: 'cut' }, 1);
    expect(row?.status).toBe('failure');
    expect(Number(row?.completion_tokens)).toBeGreaterThan(0);
    await parts.llamaSwap.reset({ settings: true });
  }, 40_000);

  test('exits at once when nothing is in progress and a terminal asks', async () => {
    const gateway = await aGateway();
    const startedAt = performance.now();
    expect(await gateway.stop('SIGINT')).toEqual({ code: 0, signal: null });
    expect(performance.now() - startedAt).toBeLessThan(3_000);
  }, 20_000);

  test('has every answered call in the books though it was told to end right after', async () => {
    const gateway = await aGateway();
    const key = await gateway.key({ user_id: 'just-in-time' });
    const answers = await Promise.all(Array.from({ length: 50 }, () => gateway.chat({}, { key })));
    await gateway.stop('SIGINT');
    const rows = await parts.gateway.rows({ user_id: 'just-in-time' }, 50);
    const ids = answers.map(({ json }) => stringOf(json?.id)).sort();
    expect(rows.map((row) => stringOf(row.request_id)).sort()).toEqual(ids);
  }, 20_000);
});
