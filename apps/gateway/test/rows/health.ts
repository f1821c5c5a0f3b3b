import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { aChat, type Gateway } from '../harness.ts';
import { bySpec } from './by-spec.ts';
import { lagDuring, percentile, rounded } from './lag.ts';
import { type Field, type Measured, type Row } from './row.ts';
import { seeded } from './seeded.ts';
import { Traffic } from './traffic.ts';

/** Database away, upstreams that are no more: it lives as long as its loop turns. */
async function alive(field: Field): Promise<Measured> {
  const wire = await field.wire();
  const gateway = await field.gateway({ wire });
  await gateway.chat();
  await wire.become('refuse');
  await sleep(1_000);
  const probes = await probe(gateway, '/health/liveliness', 100, 20);
  return {
    pass: probes.bad === 0 && probes.p99Ms <= 50,
    measured: { ...probes },
  };
}

/** How `path` answers, asked `count` times. */
async function probe(gateway: Gateway, path: string, count: number, everyMs: number) {
  const took: number[] = [];
  let bad = 0;
  for (let n = 0; n < count; n += 1) {
    const startedAt = performance.now();
    const answer = await gateway.http.ask(path).catch(() => null);
    took.push(performance.now() - startedAt);
    if (answer?.status !== 200) bad += 1;
    await sleep(everyMs);
  }
  took.sort((a, b) => a - b);
  return {
    probes: count,
    bad,
    medianMs: rounded(percentile(took, 0.5)),
    p99Ms: rounded(percentile(took, 0.99)),
    maxMs: rounded(took.at(-1) ?? 0),
  };
}

/** Clients keep their connections and use them again after a pause. */
async function keptConnections(field: Field): Promise<Measured> {
  const gateway = await field.gateway();
  const key = await gateway.key();
  const [sockets, rounds, idleMs] = field.long ? [200, 3, [89_000, 91_000]] : [100, 4, [4_900, 6_000]];
  const [shortest = 0, longest = 0] = idleMs;
  const random = seeded(field.seed);
  const seen = { posts: 0, reused: 0, resets: 0, other: 0 };
  await Promise.all(
    Array.from({ length: sockets }, async () => {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      for (let round = 0; round < rounds; round += 1) {
        if (round > 0) await sleep(shortest + random() * (longest - shortest));
        await post({ gateway, key, agent }, seen);
      }
      agent.destroy();
    }),
  );
  return {
    pass: seen.resets === 0 && seen.other === 0 && seen.reused > 0,
    measured: { ...seen, idleMs: `${shortest}–${longest}` },
  };
}

function post(
  { gateway, key, agent }: { readonly gateway: Gateway; readonly key: string; readonly agent: Agent },
  seen: { posts: number; reused: number; resets: number; other: number },
): Promise<void> {
  const body = JSON.stringify({ ...aChat(), max_tokens: 1 });
  return new Promise((resolve) => {
    const asked = request(`${gateway.url}/v1/chat/completions`, {
      agent,
      method: 'POST',
      headers: {
        authorization: `Bearer ${key}`,
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
      },
    });
    seen.posts += 1;
    asked.on('error', () => {
      seen.resets += 1;
      resolve();
    });
    asked.on('response', (answer) => {
      if (asked.reusedSocket) seen.reused += 1;
      if (answer.statusCode !== 200) seen.other += 1;
      answer.resume().on('end', resolve);
    });
    asked.end(body);
  });
}

const IDLE = { cpuPercent: 0.5, statements: 0.2, rssBytes: 220 * 1024 * 1024 };

/** Nobody calls: what it costs to be there. */
async function idle(field: Field): Promise<Measured> {
  const gateway = await field.gateway();
  await gateway.chat();
  await sleep(15_000);
  const seconds = field.long ? 300 : 60;
  const statements = async (): Promise<number> => {
    // From another database: the look itself does not count.
    const [row] = await field.postgres.query<{ n: string }>(
      `SELECT xact_commit + xact_rollback AS n FROM pg_stat_database WHERE datname = '${field.database}'`,
    );
    return Number(row?.n);
  };
  const [cpu, asked] = [gateway.usage().cpuSeconds, await statements()];
  await sleep(seconds * 1_000);
  const now = gateway.usage();
  const perSecond = ((await statements()) - asked) / seconds;
  const cpuPercent = ((now.cpuSeconds - cpu) / seconds) * 100;
  return {
    pass: cpuPercent <= IDLE.cpuPercent && perSecond <= IDLE.statements && now.rssBytes <= IDLE.rssBytes,
    measured: {
      seconds,
      cpuPercent: Math.round(cpuPercent * 100) / 100,
      transactionsPerSecond: Math.round(perSecond * 100) / 100,
      rssMb: Math.round(now.rssBytes / 1024 / 1024),
    },
  };
}

/** Probes beside more clients than the gateway can serve. */
async function probesUnderLoad(field: Field): Promise<Measured> {
  const gateway = await field.gateway();
  const keys = [await gateway.key()];
  const random = seeded(field.seed);
  const traffic = new Traffic({ gateway: () => gateway, keys, clients: 100, random, streams: 0.5 });
  await sleep(1_000);
  let ready = { count: 0, p99Ms: 0, maxMs: 0 };
  const live = await lagDuring(gateway, async () => {
    const seconds = field.long ? 60 : 8;
    ready = await lagDuring(gateway, () => sleep(seconds * 1_000), '/health/readiness');
  });
  const seen = await traffic.stop();
  return {
    pass: Math.max(live.maxMs, ready.maxMs) <= 250,
    measured: {
      served: seen.complete.length,
      probes: live.count + ready.count,
      liveP99Ms: rounded(live.p99Ms),
      liveMaxMs: rounded(live.maxMs),
      readyP99Ms: rounded(ready.p99Ms),
      readyMaxMs: rounded(ready.maxMs),
    },
  };
}

export const HEALTH_ROWS: readonly Row[] = [
  { id: 'O1', promise: 'it lives as long as its loop turns', bar: '200, p99 ≤ 50 ms', run: alive },
  bySpec(
    {
      id: 'O2',
      promise: 'ready means: can serve',
      bar: '200 without a database, 503 while it drains or cannot record',
    },
    {
      files: [
        'libs/health/src/readiness.spec.ts',
        'libs/health/src/health.controller.db.spec.ts',
        'apps/gateway/test/database-away.e2e.spec.ts',
      ],
    },
  ),
  { id: 'O4', promise: 'kept connections can be used again', bar: '0 resets', run: keptConnections },
  { id: 'S5', promise: 'idle is quiet', bar: 'CPU ≤ 0.5 %, ≤ 0.2 transactions/s, RSS ≤ 220 MB', run: idle },
  { id: 'S9', promise: 'probes are answered under load', bar: '100 %, ≤ 250 ms', run: probesUnderLoad },
];
