import { readdirSync } from 'node:fs';
import {
  aChat,
  configText,
  dataOf,
  type Gateway,
  pause,
  RawConnection,
  requestBytes,
  until,
} from '../harness.ts';
import { BOOKED, type Booked, compare } from './books.ts';
import { killAgainAndAgain } from './kills.ts';
import { type Field, type Measured, type Row } from './row.ts';
import { seeded } from './seeded.ts';
import { Traffic } from './traffic.ts';

async function kills(field: Field, times: number, lifeMs: number): Promise<Measured> {
  const { sandbox, databaseUrl, seed } = field;
  const result = await killAgainAndAgain({
    kills: times,
    seed,
    sandbox,
    databaseUrl,
    lifeMs,
    config: configText(),
    rows: () => field.query<Booked>(BOOKED),
  });
  const { rssBytes, ...figures } = result;
  const orphans = result.upstream - result.booked;
  return {
    pass: result.missing === 0 && result.twice === 0 && result.seen > times * 5 && orphans <= 0,
    measured: {
      ...figures,
      upstreamWithoutRow: Math.max(0, orphans),
      rssMb: Math.round(rssBytes / 1_048_576),
    },
  };
}

const DRAIN_STREAMS = 100;

/** Two replicas; one is told to end while both are used, as behind a proxy that follows readiness. */
async function drains(field: Field): Promise<Measured> {
  const [leaving, staying] = [
    await field.gateway({ name: 'leaving' }),
    await field.gateway({ name: 'staying' }),
  ];
  const key = await leaving.key({ user_id: 'drained' });
  const { llamaSwap } = field.sandbox;
  await llamaSwap.settings({ decodeMsPerToken: 40, answerTokens: 200 });
  const streams = Array.from({ length: DRAIN_STREAMS }, () => leaving.chat({ stream: true }, { key }));
  await until('the streams run', async () => (await llamaSwap.open()).inProgress >= DRAIN_STREAMS, 20_000);
  let target: Gateway = leaving;
  const traffic = new Traffic({
    gateway: () => target,
    keys: [key],
    clients: 8,
    random: seeded(field.seed),
    streams: 0,
    pauseMs: 20,
    fields: { max_tokens: 1 },
  });
  await pause(500);
  const endedAt = performance.now();
  leaving.child.signal('SIGTERM');
  await until(
    'readiness says no',
    async () => (await leaving.http.ask('/health/readiness')).status === 503,
    3_000,
  );
  await pause(1_000);
  target = staying;
  const texts = (await Promise.all(streams)).map(({ text }) => text);
  const exit = await leaving.child.exited;
  const exitMs = Math.round(performance.now() - endedAt);
  const seen = await traffic.stop();
  const unfinished = texts.filter(
    (text) => !text.includes('data: [DONE]') && !dataOf(text).at(-1)?.includes('"error"'),
  ).length;
  const books = await compare(seen.complete, () => field.query<Booked>(BOOKED), 20_000);
  const failed = seen.errors.length + seen.broken;
  return {
    pass: failed === 0 && unfinished === 0 && exit.code === 0 && exitMs <= 30_000 && books.missing === 0,
    measured: {
      answered: seen.complete.length,
      failed,
      streams: DRAIN_STREAMS,
      unfinished,
      exitCode: exit.code ?? -1,
      exitMs,
      missingRows: books.missing,
    },
  };
}

type Leave = (connection: RawConnection, bytes: Buffer) => Promise<void>;

/** Ways to go, by what has happened until then. */
const PHASES: Readonly<Record<string, { readonly fields: object; readonly leave: Leave }>> = {
  connected: { fields: {}, leave: () => pause(1) },
  headers: {
    fields: {},
    leave: async (connection, bytes) => {
      connection.send(bytes.subarray(0, 40));
      await pause(5);
    },
  },
  body: {
    fields: {},
    leave: async (connection, bytes) => {
      connection.send(bytes.subarray(0, bytes.length - 9));
      await pause(5);
    },
  },
  sent: {
    fields: { stream: true },
    leave: (connection, bytes) => {
      connection.send(bytes);
      return Promise.resolve();
    },
  },
  waiting: {
    fields: { model: 'fault/silent' },
    leave: async (connection, bytes) => {
      connection.send(bytes);
      await pause(30);
    },
  },
  firstByte: {
    fields: { stream: true },
    leave: async (connection, bytes) => {
      connection.send(bytes);
      await connection.waitFor(/data: /, 2_000);
    },
  },
  stream: {
    fields: { stream: true },
    leave: async (connection, bytes) => {
      connection.send(bytes);
      await connection.waitFor(/(?:data: [\s\S]*){5}/, 2_000);
    },
  },
  post: {
    fields: { max_tokens: 1 },
    leave: async (connection, bytes) => {
      connection.send(bytes);
      await connection.waitFor(/"usage"/, 2_000);
    },
  },
};

const descriptors = (gateway: Gateway): number => readdirSync(`/proc/${gateway.pid}/fd`).length;

async function leavings(field: Field): Promise<Measured> {
  const gateway = await field.gateway();
  const key = await gateway.key({});
  const { llamaSwap } = field.sandbox;
  await llamaSwap.settings({ decodeMsPerToken: 10, answerTokens: 200 });
  const rounds = field.long ? 2_000 : 60;
  await oneRound(gateway, key, 5);
  await calm(field);
  const before = { descriptors: descriptors(gateway), rss: gateway.usage().rssBytes };
  for (let i = 0; i < rounds; i += 20) await oneRound(gateway, key, 20);
  await calm(field);
  await pause(1_000);
  const leaked = descriptors(gateway) - before.descriptors;
  const open = (await llamaSwap.open()).inProgress;
  const next = await gateway.chat({ max_tokens: 1 }, { key });
  return {
    pass: leaked <= 10 && open === 0 && next.status === 200,
    measured: {
      leavers: rounds * Object.keys(PHASES).length,
      leakedDescriptors: leaked,
      upstreamCallsLeft: open,
      rssGrowthMb: Math.round((gateway.usage().rssBytes - before.rss) / 1_048_576),
    },
  };
}

const calm = (field: Field): Promise<unknown> =>
  until('the upstream is left', async () => (await field.sandbox.llamaSwap.open()).inProgress === 0, 10_000);

async function oneRound(gateway: Gateway, key: string, each: number): Promise<void> {
  for (const { fields, leave } of Object.values(PHASES)) {
    const bytes = requestBytes({
      target: '/v1/chat/completions',
      key,
      body: JSON.stringify({ ...aChat(), ...fields }),
    });
    await Promise.all(
      Array.from({ length: each }, async (_, i) => {
        const connection = new RawConnection(gateway.port);
        await leave(connection, bytes);
        if (i % 2 === 0) connection.destroy();
        else connection.reset();
      }),
    );
  }
}

export const PROCESS_ROWS: readonly Row[] = [
  {
    id: 'A1',
    promise: 'every call that a client saw complete is recorded',
    bar: '0 missing, 0 twice, every upstream call has a row; 100 kills in the long form',
    run: (field) => (field.long ? kills(field, 100, 18_000) : kills(field, 5, 3_000)),
  },
  {
    id: 'P1',
    promise: 'kill -9 loses nothing acknowledged',
    bar: '0 lost over 20 kills at random moments (100 in the long form)',
    run: (field) => kills(field, field.long ? 100 : 20, 1_500),
  },
  {
    id: 'P3',
    promise: 'SIGTERM drains',
    bar: '0 failed, every stream ends or says why, exit 0 within 30 s',
    run: drains,
  },
  {
    id: 'P6',
    promise: 'a client that leaves frees everything',
    bar: 'no descriptor, no upstream call left, at 8 phases',
    run: leavings,
  },
];
