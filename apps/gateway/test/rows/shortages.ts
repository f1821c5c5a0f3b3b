import { spawnSync } from 'node:child_process';
import { connect, type Socket } from 'node:net';
import { aChat, Child, type Gateway, HttpClient, pause, until } from '../harness.ts';
import { BOOKED, type Booked, compare } from './books.ts';
import { percentile, rounded } from './lag.ts';
import { type Field, type Measured, type Row } from './row.ts';
import { seeded } from './seeded.ts';
import { Traffic } from './traffic.ts';

const DESCRIPTORS = 1_024;
const STREAMS = 50;

/** P10: more connections than there are descriptors, from somebody who says nothing. */
async function noDescriptors(field: Field): Promise<Measured> {
  const connects = field.long ? 5_000 : 1_500;
  const gateway = await field.gateway();
  const key = await gateway.key({});
  const { status } = spawnSync('prlimit', [
    '--pid',
    String(gateway.pid),
    `--nofile=${DESCRIPTORS}:${DESCRIPTORS}`,
  ]);
  if (status !== 0) return { pass: false, measured: { failed: 'prlimit is not to be had here' } };
  const { llamaSwap } = field.sandbox;
  await llamaSwap.settings({ decodeMsPerToken: 40, answerTokens: 150 });
  const streams = Array.from({ length: STREAMS }, () => gateway.chat({ stream: true }, { key }));
  await until('the streams run', async () => (await llamaSwap.open()).inProgress >= STREAMS, 20_000);
  const sockets = Array.from({ length: connects }, () => silent(gateway.port));
  await pause(2_000);
  const fresh = await refusalOf(gateway, key);
  const ended = await Promise.all(streams);
  const broken = ended.filter(({ text }) => !text.trimEnd().endsWith('data: [DONE]')).length;
  for (const socket of sockets) socket.destroy();
  await llamaSwap.settings({ decodeMsPerToken: 0, answerTokens: 24 });
  const freeAt = performance.now();
  await until(
    'calls are taken again',
    async () => (await gateway.chat({}, { key }).catch(() => null))?.status === 200,
    20_000,
  );
  const recoveredMs = performance.now() - freeAt;
  return {
    pass: gateway.isUp && broken === 0 && recoveredMs <= 5_000,
    measured: {
      descriptors: DESCRIPTORS,
      connects,
      streams: STREAMS,
      brokenStreams: broken,
      callMeanwhile: fresh,
      recoveredMs: rounded(recoveredMs),
    },
  };
}

function silent(port: number): Socket {
  const socket = connect({ port, host: '127.0.0.1' });
  socket.on('error', () => undefined);
  return socket;
}

/** What somebody new gets meanwhile: an answer, a closed connection, or to wait in the backlog. */
async function refusalOf(gateway: Gateway, key: string): Promise<string> {
  const client = new HttpClient(gateway.url);
  const options = { key, body: aChat(), signal: AbortSignal.timeout(2_000) };
  const answer = await client
    .ask('/v1/chat/completions', options)
    .catch((error: unknown) => ({ status: error instanceof Error ? error.name : 'closed' }));
  await client.close();
  return String(answer.status);
}

const BODY_BYTES = 20 * 1_048_576;

/** P11: many large bodies at once, on a small heap. */
async function littleMemory(field: Field): Promise<Measured> {
  const [heapMb, atOnce, rounds] = field.long ? [512, 60, 10] : [256, 24, 2];
  const gateway = await field.gateway({
    env: { NODE_OPTIONS: `--max-old-space-size=${heapMb}` },
    config: { general: { max_request_size_mb: 32 } },
  });
  const key = await gateway.key({});
  await field.sandbox.llamaSwap.settings({ contextTokens: BODY_BYTES });
  const large = { ...aChat(), messages: [{ role: 'user', content: 'x'.repeat(BODY_BYTES) }], max_tokens: 1 };
  const body = JSON.stringify(large);
  const statuses = new Map<number, number>();
  let hinted = 0;
  let largestRss = 0;
  for (let round = 0; round < rounds; round += 1) {
    await Promise.all(
      Array.from({ length: atOnce }, async () => {
        const answer = await gateway
          .ask('/v1/chat/completions', { key, body, headers: { 'content-type': 'application/json' } })
          .catch(() => null);
        const status = answer?.status ?? 0;
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
        if (answer?.headers['retry-after'] !== undefined) hinted += 1;
        if (gateway.isUp) largestRss = Math.max(largestRss, gateway.usage().rssBytes);
      }),
    );
  }
  const overAt = performance.now();
  await until(
    'calls are taken again',
    async () => (await gateway.chat({}, { key }).catch(() => null))?.status === 200,
    20_000,
  ).catch(() => undefined);
  const recoveredMs = performance.now() - overAt;
  const refused = statuses.get(503) ?? 0;
  const odd = [...statuses.keys()].filter((status) => ![0, 200, 413, 503].includes(status));
  return {
    pass: gateway.isUp && recoveredMs <= 10_000 && odd.length === 0 && hinted >= refused,
    measured: {
      heapMb,
      bodies: atOnce * rounds,
      statuses: JSON.stringify([...statuses]),
      largestRssMb: Math.round(largestRss / 1_048_576),
      recoveredMs: rounded(recoveredMs),
      isUp: String(gateway.isUp),
    },
  };
}

const BURNERS = 2;
const LEAST_GOODPUT = 0.4;
const HEALTH_MS = 1_000;

/** P12: others take the cores. */
async function noCores(field: Field): Promise<Measured> {
  const gateway = await field.gateway();
  const key = await gateway.key({});
  const seconds = field.long ? 60 : 8;
  const watch = async () => {
    const traffic = new Traffic({
      gateway: () => gateway,
      keys: [key],
      clients: 8,
      random: seeded(field.seed),
      streams: 0.3,
    });
    const probes: number[] = [];
    for (let n = 0; n < seconds * 2; n += 1) {
      const startedAt = performance.now();
      const answer = await gateway.http.ask('/health/liveliness').catch(() => null);
      probes.push(answer?.status === 200 ? performance.now() - startedAt : Number.POSITIVE_INFINITY);
      await pause(500);
    }
    return { seen: await traffic.stop(), slowestMs: Math.max(...probes) };
  };
  await watch();
  const before = await watch();
  const burners = Array.from(
    { length: BURNERS },
    (_, index) => new Child({ name: `burner-${index}`, args: ['-e', 'for (;;);'] }),
  );
  const during = await watch();
  await Promise.all(burners.map((burner) => burner.kill()));
  const books = await compare(during.seen.complete, () => field.query<Booked>(BOOKED), 30_000);
  const goodput = during.seen.complete.length / before.seen.complete.length;
  const failed = during.seen.errors.length + during.seen.broken;
  return {
    pass: goodput >= LEAST_GOODPUT && failed === 0 && during.slowestMs <= HEALTH_MS && books.missing === 0,
    measured: {
      answeredBefore: before.seen.complete.length,
      answered: during.seen.complete.length,
      goodput: Math.round(goodput * 100) / 100,
      failed,
      slowestProbeMs: rounded(during.slowestMs),
      p99Ms: rounded(
        percentile(
          [...during.seen.tookMs].sort((a, b) => a - b),
          0.99,
        ),
      ),
      missing: books.missing,
    },
  };
}

export const SHORTAGE_ROWS: readonly Row[] = [
  {
    id: 'P10',
    promise: 'no descriptors left degrades, and ends nothing',
    bar: '0 broken streams, alive, calls again ≤ 5 s',
    run: noDescriptors,
  },
  {
    id: 'P11',
    promise: 'little memory sheds load instead of ending the process',
    bar: 'alive, 503 with Retry-After, normal ≤ 10 s',
    run: littleMemory,
  },
  {
    id: 'P12',
    promise: 'others that take the cores slow it, and break nothing',
    bar: 'goodput ≥ 40 %, probes ≤ 1 s, 0 failed',
    run: noCores,
  },
];
