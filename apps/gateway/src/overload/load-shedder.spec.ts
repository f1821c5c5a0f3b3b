import { once } from 'node:events';
import { Agent, createServer, type IncomingMessage, request, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type GatewayRequest, LiveCalls } from '@app/call';
import { MetricFamilies } from '@app/observability';
import { LoadShedder } from './load-shedder.js';

const BLOCKED_MS = 400;
const TURNS = 5;
const FLOOD = 200;
const BODY = '{"model":"gpt-4"}';

let shedder: LoadShedder;
let families: MetricFamilies;
let server: Server;
let agent: Agent;

beforeEach(async () => {
  families = new MetricFamilies();
  shedder = new LoadShedder(new LiveCalls(), families);
  shedder.onModuleInit();
  server = createServer((req, res) => {
    if (!shedder.turnsAway(req as GatewayRequest, res)) res.end('served');
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  agent = new Agent({ keepAlive: true, maxSockets: 50 });
});

afterEach(() => {
  shedder.onApplicationShutdown();
  agent.destroy();
  server.close();
});

/** Keeps the event loop from turning in time, for longer than a burst takes. */
async function overload(): Promise<void> {
  // Who is idle is not watched.
  await ask('/v1/models', 'sk-first');
  for (let time = 0; time < TURNS; time += 1) {
    const until = performance.now() + BLOCKED_MS;
    while (performance.now() < until);
    await sleep(0);
  }
}

interface Answer {
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly text: string;
  readonly isKept: boolean;
}

async function ask(path: string, key: string): Promise<Answer> {
  const { port } = server.address() as AddressInfo;
  const sent = request({ port, path, method: 'POST', agent, headers: { authorization: `Bearer ${key}` } });
  sent.end(BODY);
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  const text = (await response.toArray()).join('');
  const { statusCode: status = 0, headers } = response;
  return { status, retryAfter: headers['retry-after'], text, isKept: headers.connection !== 'close' };
}

const flood = (path: string): Promise<Answer[]> =>
  Promise.all(Array.from({ length: FLOOD }, () => ask(path, 'sk-flood')));

describe('an overloaded process', () => {
  test('turns away at once, says when to come back, and keeps the connection', async () => {
    await overload();
    const refused = (await flood('/v1/chat/completions')).filter(({ status }) => status === 503);
    expect(refused.length).toBeGreaterThan(0);
    expect(refused[0]).toMatchObject({ retryAfter: '1', isKept: true });
    expect(JSON.parse(refused[0]?.text ?? '')).toMatchObject({ error: { type: 'overloaded', code: '503' } });
    expect(families.appendTo('', false)).toContain(
      `gateway_shed_requests_total{reason="busy"} ${refused.length}\n`,
    );
  });

  test('serves whoever asks little', async () => {
    await overload();
    await flood('/v1/chat/completions');
    expect((await ask('/v1/chat/completions', 'sk-quiet')).status).toBe(200);
  });

  test('reads a connection again on which it refused something', async () => {
    await overload();
    await flood('/v1/chat/completions');
    for (let round = 0; round < 40; round += 1) await sleep(100);
    const answers = await flood('/v1/chat/completions');
    expect(answers.every(({ status }) => status === 200)).toBe(true);
  });

  test('lets in whoever looks after it', async () => {
    await overload();
    for (const path of ['/health', '/health/readiness', '/metrics', '/ui/keys'])
      expect((await flood(path)).every(({ status }) => status === 200)).toBe(true);
  });
});

describe('a process at ease', () => {
  test('serves everything', async () => {
    expect((await flood('/v1/chat/completions')).every(({ status }) => status === 200)).toBe(true);
  });
});
