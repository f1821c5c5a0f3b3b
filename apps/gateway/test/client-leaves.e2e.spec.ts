import { afterEach, beforeAll, describe, expect } from '@jest/globals';
import { aChat, type Json, RawConnection, requestBytes, type Truth, until } from './harness.ts';
import { suite, test } from './harness/suite.ts';

const parts = suite();
/** Ten times the promise, because the machine of a test has other work too; the bench measures the promise. */
const TOLERATED_MS = 1_000;

let key: string;
let count = 0;

beforeAll(async () => {
  key = await parts.gateway.key({});
});

afterEach(() => parts.llamaSwap.reset({ settings: true }));

interface Call {
  readonly connection: RawConnection;
  readonly callId: string;
}

function call(fields: object): Call {
  const callId = `leaver-${Date.now()}-${(count += 1)}`;
  const connection = new RawConnection(parts.gateway.port);
  connection.send(
    requestBytes({
      target: '/v1/chat/completions',
      key,
      headers: [`X-LiteLLM-Call-Id: ${callId}`],
      body: JSON.stringify({ ...aChat(), ...fields }),
    }),
  );
  return { connection, callId };
}

async function arrived(): Promise<void> {
  await until('the upstream has the call', async () => (await parts.llamaSwap.open()).inProgress > 0);
}

async function leftAfter(leave: () => void): Promise<number> {
  const startedAt = performance.now();
  leave();
  await until('the upstream is left', async () => (await parts.llamaSwap.open()).inProgress === 0, 5_000, 5);
  return performance.now() - startedAt;
}

async function truthOf(model: string): Promise<Truth | undefined> {
  return (await parts.llamaSwap.truth({ model })).at(-1);
}

const statusOf = (row: Json): unknown => row.metadata?.http_status;

describe('a client that leaves in the middle of a stream', () => {
  const ways: readonly (readonly [string, (connection: RawConnection) => void])[] = [
    ['closes its socket', (connection) => connection.destroy()],
    ['resets it', (connection) => connection.reset()],
    ['half-closes it', (connection) => connection.socket.end()],
  ];

  for (const [name, leave] of ways) {
    test(`ends the upstream call when it ${name}, and the row says 499 with what was produced`, async () => {
      await parts.llamaSwap.settings({ decodeMsPerToken: 80, answerTokens: 2_000 });
      const { connection, callId } = call({ stream: true });
      await connection.waitFor(/(?:data: [\s\S]*){8}/, 10_000);
      const ms = await leftAfter(() => leave(connection));
      const [row, truth] = [await parts.gateway.row(callId), await truthOf('qwen3-30b-a3b')];
      connection.destroy();
      expect(ms).toBeLessThan(TOLERATED_MS);
      expect(statusOf(row)).toBe(499);
      expect(row.metadata?.usage_estimated).toBe(true);
      expect(Number(row.prompt_tokens)).toBeGreaterThanOrEqual(truth?.promptTokens ?? Number.NaN);
      expect(row.completion_tokens).toBe(truth?.emittedTokens);
      expect(Number(row.spend)).toBeGreaterThan(0);
    });
  }
});

describe('a client that leaves while it waits', () => {
  test('ends the upstream call of an answer that is not streamed', async () => {
    await parts.llamaSwap.settings({ decodeMsPerToken: 20, answerTokens: 2_000 });
    const { connection, callId } = call({});
    await arrived();
    expect(await leftAfter(() => connection.destroy())).toBeLessThan(TOLERATED_MS);
    expect(statusOf(await parts.gateway.row(callId))).toBe(499);
  });

  test('ends the upstream call while the model still loads', async () => {
    await parts.llamaSwap.settings({ loadMs: 20_000, swap: 'on' });
    const { connection, callId } = call({ model: 'gemma3-27b', stream: true });
    await arrived();
    expect(await leftAfter(() => connection.destroy())).toBeLessThan(TOLERATED_MS);
    const row = await parts.gateway.row(callId);
    expect(statusOf(row)).toBe(499);
    expect(row.completion_tokens).toBe(0);
  });

  test('leaves no upstream call behind when it goes before its body is complete', async () => {
    const connection = new RawConnection(parts.gateway.port);
    const bytes = requestBytes({ target: '/v1/chat/completions', key, body: JSON.stringify(aChat()) });
    connection.send(bytes.subarray(0, bytes.length - 5));
    await new Promise((resolve) => setTimeout(resolve, 50));
    connection.destroy();
    const answer = await parts.gateway.chat({}, { key });
    expect(answer.status).toBe(200);
    expect((await parts.llamaSwap.truth({ model: 'qwen3-30b-a3b' })).length).toBe(1);
  });
});

describe('many clients that leave', () => {
  test('are all noticed promptly, and their connections to the upstream go with them', async () => {
    await parts.llamaSwap.settings({ decodeMsPerToken: 20, answerTokens: 2_000 });
    const before = await parts.llamaSwap.open();
    const calls = Array.from({ length: 60 }, () => call({ stream: true }));
    await Promise.all(calls.map(({ connection }) => connection.waitFor(/data: /, 10_000)));
    for (const { connection } of calls) connection.reset();
    await until('all upstream calls have ended', async () => (await parts.llamaSwap.open()).inProgress === 0);
    await until(
      'the sockets are gone',
      async () => (await parts.llamaSwap.open()).sockets <= before.sockets + 2,
    );
    const ended = (await parts.llamaSwap.truth({ model: 'qwen3-30b-a3b' })).slice(-60);
    expect(ended.map(({ closedBy }) => closedBy)).toEqual(calls.map(() => 'client'));
  });

  test('do not rest the deployment: the next call is served', async () => {
    expect((await parts.gateway.chat({}, { key })).status).toBe(200);
  });
});
