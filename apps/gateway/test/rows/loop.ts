import { aChat, type Gateway, pause } from '../harness.ts';
import { lagDuring, rounded } from './lag.ts';
import { type Field, type Measured, type Row } from './row.ts';
import { seeded } from './seeded.ts';
import { Traffic } from './traffic.ts';

const BARS = { p99Ms: 20, p999Ms: 50, maxMs: 200 };
const MEGABYTE = 1_048_576;
const KEYS = 50;

/** What people do beside ordinary calls that may take long in one go. */
const HEAVY: readonly ((gateway: Gateway, key: string, n: number) => Promise<unknown>)[] = [
  (gateway, key) => gateway.chat({ messages: [{ role: 'user', content: 'x'.repeat(MEGABYTE) }] }, { key }),
  (gateway, key) => gateway.chat({ messages: manyMessages() }, { key }),
  (gateway, key) => gateway.ask('/v1/chat/completions', { key, body: `{"a":${'['.repeat(100_000)}` }),
  (gateway, key) =>
    gateway.ask('/v1/embeddings', { key, body: { model: 'bge-m3', input: Array(256).fill('word') } }),
  (gateway) => gateway.ask('/metrics'),
  (gateway) => gateway.ask('/key/list?size=100'),
  (gateway) => gateway.ask('/spend/logs?limit=500'),
  (gateway) => gateway.ask('/openapi.json'),
  (gateway) => gateway.ask('/v1/model/info'),
  (gateway, _, n) => gateway.ask('/key/generate', { body: { key_alias: `loop-${n}` } }),
];

const manyMessages = (): object[] =>
  Array.from({ length: 500 }, (_, index) => ({
    role: index % 2 === 0 ? 'user' : 'assistant',
    content: `message ${index} `.repeat(100),
  }));

/** Ordinary traffic, with everything among it that could keep others waiting. */
async function neverHogged(field: Field): Promise<Measured> {
  const gateway = await field.gateway();
  const keys: string[] = [];
  while (keys.length < KEYS) keys.push(await gateway.key({}));
  const traffic = new Traffic({
    gateway: () => gateway,
    keys,
    clients: 8,
    random: seeded(field.seed),
    streams: 0.5,
    pauseMs: 20,
  });
  let heavy = 0;
  await pause(2_000);
  const lag = await lagDuring(gateway, async () => {
    const until = performance.now() + (field.long ? 300_000 : 12_000);
    while (performance.now() < until) {
      await HEAVY[heavy % HEAVY.length]?.(gateway, keys[0] ?? '', heavy);
      heavy += 1;
      await pause(50);
    }
  });
  const seen = await traffic.stop();
  const failed = seen.errors.length + seen.broken;
  return {
    pass:
      lag.p99Ms <= BARS.p99Ms &&
      lag.p999Ms <= BARS.p999Ms &&
      lag.maxMs <= BARS.maxMs &&
      failed === 0 &&
      seen.complete.length > 0,
    measured: {
      answered: seen.complete.length,
      failed,
      heavyCalls: heavy,
      bodyKb: Math.round(JSON.stringify({ ...aChat(), messages: manyMessages() }).length / 1_024),
      p99Ms: rounded(lag.p99Ms),
      p999Ms: rounded(lag.p999Ms),
      maxMs: rounded(lag.maxMs),
    },
  };
}

export const LOOP_ROWS: readonly Row[] = [
  {
    id: 'S8',
    promise: 'the event loop is never hogged',
    bar: 'probes beside large bodies, bombs, lists and scrapes: p99 ≤ 20 ms, p99.9 ≤ 50 ms, max ≤ 200 ms',
    run: neverHogged,
  },
];
