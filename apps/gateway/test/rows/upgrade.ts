import { buildEarlier, type EarlierVersion } from '../harness/earlier-version.ts';
import { RoundRobin } from '../harness/round-robin.ts';
import { dataOf, Gateway, pause, until } from '../harness.ts';
import { BOOKED, type Booked, compare } from './books.ts';
import { type Field, type Measured, type Row } from './row.ts';
import { seeded } from './seeded.ts';
import { Traffic } from './traffic.ts';

const STREAMS = 8;
const EVERY_MS = 40;
const TOKENS = 150;

/** One replica after another is replaced, forth and back, while clients call through one address. */
async function upgrade(field: Field): Promise<Measured> {
  const earlier = buildEarlier(process.env['EARLIER_REVISION']);
  if ('reason' in earlier) return { pass: false, measured: { skipped: earlier.reason } };
  const front = await new RoundRobin().start();
  try {
    return await rolled(field, earlier, front);
  } finally {
    await front.stop();
    earlier.forget();
  }
}

async function rolled(field: Field, earlier: EarlierVersion, front: RoundRobin): Promise<Measured> {
  const old = { program: earlier.main };
  const running: Gateway[] = [];
  const served = { old: 0, new: 0 };
  for (const name of ['old-1', 'old-2']) running.push(await field.gateway({ ...old, name }));
  const [first] = running;
  if (!first) throw new Error('nothing runs');
  for (const { port } of running) await front.add(port);
  const through = new Gateway(first.child, { port: front.port, folder: first.folder }, 0);
  const keys = [await first.key({ user_id: 'old' }), await first.key({ user_id: 'old', max_budget: 100 })];
  const load = startLoad(field, through, keys);
  const problems: string[] = [];
  await field.sandbox.llamaSwap.settings({ decodeMsPerToken: EVERY_MS, answerTokens: TOKENS });
  await pause(2_000);
  for (const name of ['new-1', 'new-2', 'old-again-1', 'old-again-2']) {
    const next = await field.gateway({ name, ...(name.startsWith('old') ? old : {}) });
    await front.add(next.port);
    running.push(next);
    const leaving = running.shift();
    if (!leaving) continue;
    leaving.child.signal('SIGTERM');
    await until('the proxy has noticed', () => !front.isReady(leaving.port), 5_000);
    const exit = await leaving.child.exited;
    const answers = front.remove(leaving.port);
    served[leaving.child.name.startsWith('new') ? 'new' : 'old'] += answers;
    if (exit.code !== 0) problems.push(`${leaving.child.name} ended with ${exit.code ?? exit.signal ?? ''}`);
    // Keys that one version makes are known to the other.
    const made = await next.key({ user_id: name });
    if ((await through.chat({ max_tokens: 1 }, { key: made })).status !== 200)
      problems.push(`a key of ${name} is not known everywhere`);
  }
  await pause(1_000);
  const ended = await load.stop();
  for (const { port } of running) served.old += front.remove(port);
  await field.sandbox.llamaSwap.settings({ decodeMsPerToken: 0, answerTokens: 24 });
  return judged(field, ended, { earlier, served, problems });
}

interface Load {
  stop(): Promise<{ readonly seen: Awaited<ReturnType<Traffic['stop']>>; readonly streams: Streams }>;
}

interface Streams {
  readonly whole: number;
  /** Ended with an event that says why. */
  readonly told: number;
  readonly broken: number;
}

/** Short calls, and streams of several seconds that are begun anew when they end. */
function startLoad(field: Field, through: Gateway, keys: readonly string[]): Load {
  const traffic = new Traffic({
    gateway: () => through,
    keys,
    clients: 6,
    random: seeded(field.seed),
    streams: 0,
    pauseMs: 30,
    fields: { max_tokens: 1 },
  });
  const counts = { whole: 0, told: 0, broken: 0 };
  const state = { isOver: false };
  const streams = Array.from({ length: STREAMS }, async (_, index) => {
    const key = keys[index % keys.length] ?? '';
    while (!state.isOver) {
      const answer = await through.chat({ stream: true }, { key }).catch(() => null);
      const last = dataOf(answer?.text ?? '').at(-1) ?? '';
      if (answer?.status === 200 && last === '[DONE]') counts.whole += 1;
      else if (last.includes('"error"')) counts.told += 1;
      else counts.broken += 1;
    }
  });
  return {
    stop: async () => {
      state.isOver = true;
      const seen = await traffic.stop();
      await Promise.all(streams);
      return { seen, streams: counts };
    },
  };
}

interface Story {
  readonly earlier: EarlierVersion;
  readonly served: { readonly old: number; readonly new: number };
  readonly problems: readonly string[];
}

async function judged(
  field: Field,
  { seen, streams }: Awaited<ReturnType<Load['stop']>>,
  { earlier, served, problems }: Story,
): Promise<Measured> {
  const books = await compare(seen.complete, () => field.query<Booked>(BOOKED), 45_000);
  const failed = seen.errors.length + seen.broken;
  return {
    pass:
      failed === 0 &&
      streams.broken === 0 &&
      streams.whole > 0 &&
      served.new > 0 &&
      problems.length === 0 &&
      books.missing === 0 &&
      books.twice === 0,
    measured: {
      earlier: earlier.revision,
      migrationsSince: earlier.migrationsSince,
      answered: seen.complete.length,
      servedByOld: served.old,
      servedByNew: served.new,
      failed,
      streams: streams.whole,
      streamsTold: streams.told,
      streamsBroken: streams.broken,
      missing: books.missing,
      twice: books.twice,
      problems: problems.join('; '),
    },
  };
}

export const UPGRADE_ROWS: readonly Row[] = [
  {
    id: 'O7',
    promise: 'upgrade and rollback under load, two replicas, one database',
    bar: '0 failed calls, streams whole or told why, old code serves after the new migrations',
    run: upgrade,
  },
];
