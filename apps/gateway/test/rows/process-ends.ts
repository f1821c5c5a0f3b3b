import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dataOf, type Gateway, pause, ROOT, until } from '../harness.ts';
import { BOOKED, type Booked, compare } from './books.ts';
import { rounded } from './lag.ts';
import { type Field, type Measured, type Row } from './row.ts';
import { seeded } from './seeded.ts';
import { Traffic } from './traffic.ts';

const STREAMS = 40;
/** A process that is told twice, or that broke, is gone by then. */
const GONE_MS = 5_000;
const BACK_MS = 2_000;
const THROWN_ERRORS = join(ROOT, 'apps/gateway/test/attacks/preload/thrown-errors.mjs');

type End = (gateway: Gateway) => Promise<void>;

/** Ways to end it while it is ending, and what exit is due. */
const ENDS: Readonly<Record<string, { readonly end: End; readonly code: number | null }>> = {
  'SIGTERM twice': { code: 0, end: (gateway) => twice(gateway, 'SIGTERM') },
  'SIGTERM, then SIGINT': { code: 0, end: (gateway) => twice(gateway, 'SIGINT') },
  'SIGTERM, then SIGKILL': { code: null, end: (gateway) => twice(gateway, 'SIGKILL') },
};

async function twice(gateway: Gateway, then: 'SIGTERM' | 'SIGINT' | 'SIGKILL'): Promise<void> {
  gateway.child.signal('SIGTERM');
  await pause(700);
  gateway.child.signal(then);
}

/** P4: told to end, then told again, or killed: what was answered is in the books. */
async function endedTwice(field: Field): Promise<Measured> {
  const { llamaSwap } = field.sandbox;
  const figures: Record<string, number | string> = {};
  const problems: string[] = [];
  const seen: string[] = [];
  let gateway = await field.gateway();
  const key = await gateway.key({ user_id: 'ended' });
  for (const [name, { end, code }] of Object.entries(ENDS)) {
    await llamaSwap.settings({ decodeMsPerToken: 40, answerTokens: 200 });
    const streams = Array.from({ length: STREAMS }, () =>
      gateway.chat({ stream: true }, { key }).catch(() => null),
    );
    const traffic = trafficOn(() => gateway, key, field.seed);
    await until('the streams run', async () => (await llamaSwap.open()).inProgress >= STREAMS, 20_000);
    const startedAt = performance.now();
    await end(gateway);
    const exit = await gateway.child.exited;
    const tookMs = performance.now() - startedAt;
    const texts = (await Promise.all(streams)).flatMap((answer) => (answer ? [answer.text] : []));
    const silent = texts.filter((text) => !/\[DONE\]|"error"/.test(dataOf(text).at(-1) ?? '')).length;
    if (exit.code !== code) problems.push(`${name}: exit ${exit.code ?? exit.signal ?? ''}`);
    if (tookMs > GONE_MS + 700) problems.push(`${name}: took ${rounded(tookMs)} ms`);
    if (code === 0 && silent > 0) problems.push(`${name}: ${silent} streams ended without a word`);
    seen.push(...(await traffic.stop()).complete);
    figures[`${name}, ms`] = Math.round(tookMs);
    await llamaSwap.settings({ decodeMsPerToken: 0, answerTokens: 24 });
    gateway = await field.gateway({ after: gateway });
  }
  const books = await compare(seen, () => field.query<Booked>(BOOKED), 45_000);
  return {
    pass: problems.length === 0 && seen.length > 0 && books.missing === 0 && books.twice === 0,
    measured: {
      answered: seen.length,
      ...figures,
      missing: books.missing,
      twice: books.twice,
      problems: problems.join('; '),
    },
  };
}

const trafficOn = (gateway: () => Gateway, key: string, seed: number): Traffic =>
  new Traffic({
    gateway,
    keys: [key],
    clients: 6,
    random: seeded(seed),
    streams: 0,
    pauseMs: 20,
    fields: { max_tokens: 1 },
  });

/** P5: an error that nobody caught ends the process with its books closed; a worker is replaced. */
async function uncaught(field: Field): Promise<Measured> {
  const problems: string[] = [];
  const figures: Record<string, number> = {};
  const seen: string[] = [];
  for (const way of ['timer', 'promise', 'stream']) {
    const throwFile = join(tmpdir(), `throw-${process.pid}-${way}`);
    const gateway = await field.gateway({ env: throwing(throwFile), name: way });
    const key = await gateway.key({ user_id: 'thrown' });
    const traffic = trafficOn(() => gateway, key, field.seed);
    await pause(1_000);
    const startedAt = performance.now();
    writeFileSync(throwFile, way);
    const exit = await Promise.race([gateway.child.exited, pause(GONE_MS * 2)]);
    const tookMs = performance.now() - startedAt;
    rmSync(throwFile, { force: true });
    if (!exit || exit.code !== 1 || tookMs > GONE_MS)
      problems.push(
        `${way}: exit ${exit ? (exit.code ?? exit.signal ?? '') : 'never'} after ${rounded(tookMs)} ms`,
      );
    seen.push(...(await traffic.stop()).complete);
    figures[`${way}, ms`] = Math.round(tookMs);
    const next = await field.gateway({ after: gateway });
    figures['starts in, ms'] = Math.round(next.startedInMs);
  }
  figures['worker back, ms'] = await workerComesBack(field);
  const books = await compare(seen, () => field.query<Booked>(BOOKED), 45_000);
  return {
    pass:
      problems.length === 0 &&
      seen.length > 0 &&
      books.missing === 0 &&
      books.twice === 0 &&
      (figures['worker back, ms'] ?? BACK_MS) < BACK_MS,
    measured: {
      answered: seen.length,
      ...figures,
      missing: books.missing,
      twice: books.twice,
      problems: problems.join('; '),
    },
  };
}

const throwing = (throwFile: string): Record<string, string> => ({
  NODE_OPTIONS: `--import=${THROWN_ERRORS}`,
  THROW_FILE: throwFile,
});

/** Milliseconds between the end of one of two workers and its successor. */
async function workerComesBack(field: Field): Promise<number> {
  const throwFile = join(tmpdir(), `throw-${process.pid}-worker`);
  const gateway = await field.gateway({ env: { ...throwing(throwFile), WORKERS: '2' }, name: 'workers' });
  const listening = (): number => listenersOn(gateway.port);
  await until('both workers listen', () => listening() === 2, 20_000);
  writeFileSync(throwFile, 'timer');
  await until('a worker ends', () => listening() === 1, 10_000, 5);
  const endedAt = performance.now();
  await until('another one takes its place', () => listening() === 2, 20_000, 5);
  return Math.round(performance.now() - endedAt);
}

const LISTEN = '0A';

/** Sockets that listen on a port of this machine: each worker has one of its own. */
function listenersOn(port: number): number {
  const local = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return readFileSync('/proc/net/tcp', 'utf8')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, address = '', , state]) => address.endsWith(local) && state === LISTEN).length;
}

export const ENDING_ROWS: readonly Row[] = [
  {
    id: 'P4',
    promise: 'an end that is cut short loses nothing',
    bar: '0 missing, 0 twice, gone ≤ 5 s after the second signal, no stream without a word',
    run: endedTwice,
  },
  {
    id: 'P5',
    promise: 'an error that nobody caught ends the process, books closed',
    bar: 'exit 1 ≤ 5 s, 0 missing, a worker is back ≤ 2 s',
    run: uncaught,
  },
];
