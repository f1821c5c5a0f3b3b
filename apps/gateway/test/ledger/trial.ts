import { join } from 'node:path';
import {
  accepting,
  configText,
  type Gateway,
  pause,
  type Postgres,
  ROOT,
  type Sandbox,
  startGateway,
  TcpProxy,
  until,
} from '../harness.ts';
import { type Booked, BOOKED, compare } from '../rows/books.ts';
import { seeded } from '../rows/seeded.ts';
import { Traffic } from '../rows/traffic.ts';
import { flipBit, tear } from './damage.ts';
import { type SmallDisk } from './small-disk.ts';

export interface TrialOptions {
  readonly seed: number;
  readonly events: number;
  readonly sandbox: Sandbox;
  readonly postgres: Postgres;
  readonly database: string;
  /** Where the journal lies; null: on the ordinary disk, which is never filled. */
  readonly disk: SmallDisk | null;
  /** Longest time between two events. */
  readonly calmMs: number;
  readonly clients?: number;
}

export interface TrialResult {
  readonly happened: Readonly<Record<string, number>>;
  /** Answers that clients saw complete. */
  readonly seen: number;
  readonly broken: number;
  readonly refused: number;
  readonly missing: number;
  readonly twice: number;
  /** Complete answers whose tokens are not those that the upstream counted. */
  readonly wrongTokens: number;
  /** USD, exact. */
  readonly unexplained: string;
  readonly differences: number;
  /** Lines of the journal that were spoilt on purpose: each may cost a row its true end. */
  readonly spoilt: number;
  readonly pass: boolean;
}

interface Field extends TrialOptions {
  readonly random: () => number;
  readonly wire: TcpProxy;
  readonly journal: () => string;
  gateway: Gateway;
  restart(): Promise<void>;
}

/** What may happen, and how often among a hundred. */
const EVENTS: Readonly<Record<string, { readonly weight: number; run(field: Field): Promise<boolean> }>> = {
  'kill -9': { weight: 60, run: (field) => killed(field, () => true) },
  'kill -9, torn line': { weight: 10, run: (field) => killed(field, () => tear(field.journal())) },
  'kill -9, flipped bit': {
    weight: 6,
    run: (field) => killed(field, () => flipBit(field.journal(), field.random)),
  },
  'database killed': { weight: 8, run: databaseKilled },
  'database frozen': { weight: 8, run: (field) => wireIs(field, 'freeze') },
  'database away': { weight: 4, run: (field) => wireIs(field, 'refuse') },
  'journal disk full': { weight: 4, run: diskFull },
};

/** One flipped bit can join two lines. */
const LINES_PER_FLIP = 2;
/** A segment of somebody who is silent is taken over after 15 s. */
const PATIENCE_MS = 60_000;

/** Load, and one mishap after the other; then the books are compared with what clients saw and the upstream did. */
export async function runTrial(options: TrialOptions): Promise<TrialResult> {
  const field = await prepare(options);
  const traffic = new Traffic({
    gateway: () => field.gateway,
    keys: [
      await field.gateway.key({ user_id: 'witness' }),
      await field.gateway.key({ user_id: 'second witness' }),
    ],
    clients: options.clients ?? 16,
    random: field.random,
    streams: 0.3,
    pauseMs: 5,
  });
  const happened: Record<string, number> = {};
  for (let count = 0; count < options.events; count += 1) {
    await pause(100 + field.random() * options.calmMs);
    const name = nextEvent(field.random);
    if (await EVENTS[name]?.run(field)) happened[name] = (happened[name] ?? 0) + 1;
  }
  await pause(500);
  const seen = await traffic.stop();
  const spoilt = (happened['kill -9, flipped bit'] ?? 0) * LINES_PER_FLIP;
  const read = () =>
    options.postgres.query<Booked & { [name: string]: unknown }>(BOOKED, [], options.database);
  const { missing, twice } = await compare(seen.complete, read, spoilt > 0 ? 30_000 : PATIENCE_MS);
  const wrongTokens = await countWrongTokens(options, new Set(seen.complete));
  const books = await reconciled(field);
  await field.gateway.stop();
  await field.gateway.end();
  await field.wire.stop();
  const isExact = books.unexplained === '0' && books.differences === 0 && wrongTokens === 0 && twice === 0;
  return {
    happened,
    seen: seen.complete.length,
    broken: seen.broken,
    refused: seen.errors.length,
    missing,
    twice,
    wrongTokens,
    unexplained: books.unexplained,
    differences: books.differences,
    spoilt,
    pass: isExact && missing <= spoilt && seen.complete.length > options.events,
  };
}

async function prepare(options: TrialOptions): Promise<Field> {
  const { sandbox, postgres, database, disk, seed } = options;
  await sandbox.llamaSwap.reset({ settings: true });
  const { hostname, port } = new URL(postgres.url);
  const wire = await new TcpProxy({ host: hostname, port: Number(port) }).start();
  const databaseUrl = Object.assign(new URL(postgres.url), {
    pathname: `/${database}`,
    port: String(wire.port),
  }).href;
  const launch = {
    config: configText(),
    databaseUrl,
    llamaSwapUrl: sandbox.llamaSwap.url,
    name: 'trial',
    ...(disk && { env: { JOURNAL_DIR: disk.path } }),
  };
  const field: Field = {
    ...options,
    random: seeded(seed),
    wire,
    gateway: await startGateway(launch),
    journal: () => disk?.path ?? join(field.gateway.folder, 'journal'),
    restart: async () => {
      const { folder, port: own } = field.gateway;
      field.gateway = await startGateway({ ...launch, folder, port: own });
    },
  };
  return field;
}

function nextEvent(random: () => number): string {
  let at = random() * Object.values(EVENTS).reduce((sum, { weight }) => sum + weight, 0);
  for (const [name, { weight }] of Object.entries(EVENTS)) {
    at -= weight;
    if (at <= 0) return name;
  }
  return 'kill -9';
}

async function killed(field: Field, damage: () => boolean): Promise<boolean> {
  await field.gateway.kill();
  const isDone = damage();
  await field.restart();
  return isDone;
}

async function databaseKilled({ postgres }: Field): Promise<boolean> {
  const { pid } = postgres;
  if (pid === null) return false;
  process.kill(pid, 'SIGQUIT');
  await until('the server has gone', () => Promise.resolve(postgres.pid !== pid), 10_000);
  await accepting(postgres);
  return true;
}

async function wireIs({ wire, random }: Field, mode: 'freeze' | 'refuse'): Promise<boolean> {
  await wire.become(mode);
  await pause(500 + random() * 2_500);
  await wire.become('through');
  return true;
}

async function diskFull({ disk, random }: Field): Promise<boolean> {
  if (!disk) return false;
  disk.fill();
  await pause(500 + random() * 1_500);
  disk.clear();
  return true;
}

interface TokensRow {
  readonly response_id: string;
  readonly prompt: number;
  readonly completion: number;
  readonly [name: string]: unknown;
}

async function countWrongTokens(
  { sandbox, postgres, database }: TrialOptions,
  seen: ReadonlySet<string>,
): Promise<number> {
  const rows = await postgres.query<TokensRow>(
    'SELECT response_id, prompt_tokens AS prompt, completion_tokens AS completion FROM spend_logs WHERE response_id IS NOT NULL',
    [],
    database,
  );
  const booked = new Map(rows.map((row) => [row.response_id, row]));
  const truth = await sandbox.llamaSwap.truth();
  return truth.filter(({ responseId, promptTokens, generatedTokens }) => {
    const row = responseId !== null && seen.has(responseId) ? booked.get(responseId) : undefined;
    return row !== undefined && (row.prompt !== promptTokens || row.completion !== generatedTokens);
  }).length;
}

interface Library {
  readonly reconcile: (
    url: string,
    journalDir: string | null,
  ) => Promise<{ unexplained: string; differences: number }>;
}

async function reconciled(field: Field): Promise<{ unexplained: string; differences: number }> {
  const { reconcile } = (await import(join(ROOT, 'dist/libs/spend/src/index.js'))) as Library;
  const { postgres, database } = field;
  return reconcile(Object.assign(new URL(postgres.url), { pathname: `/${database}` }).href, field.journal());
}
