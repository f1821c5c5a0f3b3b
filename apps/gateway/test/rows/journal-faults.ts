import { smallDisk } from '../ledger/small-disk.ts';
import { pause, until } from '../harness.ts';
import { type Booked, BOOKED, compare } from './books.ts';
import { bySpec } from './by-spec.ts';
import { keysOf } from './database-faults.ts';
import { type Field, type Measured, type Row } from './row.ts';
import { seeded } from './seeded.ts';
import { Traffic } from './traffic.ts';

/** The server takes no writes for a while: calls go on, management says 503, and all of it arrives afterwards. */
async function readOnly(field: Field): Promise<Measured> {
  const gateway = await field.gateway();
  const keys = await keysOf(field, gateway);
  const traffic = new Traffic({
    gateway: () => gateway,
    keys,
    clients: 8,
    random: seeded(field.seed),
    streams: 0.3,
    pauseMs: 20,
  });
  const become = async (state: 'on' | 'off') => {
    await field.query(`ALTER DATABASE ${field.database} SET default_transaction_read_only = ${state}`);
    await field.query(
      'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
    );
  };
  await pause(1_000);
  await become('on');
  await pause(1_000);
  const refused = await gateway.ask('/key/generate', { body: {} });
  await pause(field.long ? 60_000 : 5_000);
  await field.postgres.query(`ALTER DATABASE ${field.database} SET default_transaction_read_only = off`, []);
  await field.postgres.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${field.database}'`,
    [],
  );
  const backAt = performance.now();
  await until(
    'management writes again',
    async () => (await gateway.ask('/key/generate', { body: {} })).status === 200,
    20_000,
  );
  const writesAfterMs = Math.round(performance.now() - backAt);
  const seen = await traffic.stop();
  const { missing, twice } = await compare(seen.complete, () => field.query<Booked>(BOOKED), 60_000);
  const failed = seen.errors.length + seen.broken;
  return {
    pass: failed === 0 && missing === 0 && twice === 0 && refused.status === 503,
    measured: {
      answered: seen.complete.length,
      failed,
      missing,
      twice,
      managementStatus: refused.status,
      writesAfterMs,
    },
  };
}

const DISK_MB = 24;

/** The disk of the journal is full, then the database is away too: no answer without its row. */
async function journalIsFull(field: Field): Promise<Measured> {
  const disk = smallDisk(DISK_MB);
  if (!disk) return { pass: false, measured: { failed: 'nothing can be mounted here' } };
  try {
    const wire = await field.wire();
    const gateway = await field.gateway({ wire, env: { JOURNAL_DIR: disk.path } });
    const keys = await keysOf(field, gateway);
    const alert = async (): Promise<number> => {
      const { text } = await gateway.ask('/metrics');
      return Number(/^gateway_journal_bypassed(?:\{[^}]*\})? (\S+)$/m.exec(text)?.[1] ?? -1);
    };
    const traffic = new Traffic({
      gateway: () => gateway,
      keys,
      clients: 8,
      random: seeded(field.seed),
      streams: 0.3,
      pauseMs: 20,
    });
    await pause(1_000);
    disk.fill();
    const fullAt = performance.now();
    await until('it says so', async () => (await alert()) === 1, 10_000, 50);
    const saidAfterMs = Math.round(performance.now() - fullAt);
    await pause(3_000);
    const failedFull = traffic.seen.errors.length + traffic.seen.broken;
    await wire.become('refuse');
    await pause(7_000);
    const refusal = await gateway.chat({}, { key: keys[0] ?? '' });
    await wire.become('through');
    disk.clear();
    await until(
      'calls are taken again',
      async () => (await gateway.chat({}, { key: keys[0] ?? '' })).status === 200,
      30_000,
    );
    await until('the journal is used again', async () => (await alert()) === 0, 30_000, 100);
    const seen = await traffic.stop();
    const { missing, twice } = await compare(seen.complete, () => field.query<Booked>(BOOKED), 60_000);
    const type = (refusal.json?.error as { code?: string; type?: string } | undefined) ?? {};
    return {
      pass:
        failedFull === 0 && refusal.status === 503 && missing === 0 && twice === 0 && saidAfterMs <= 2_000,
      measured: {
        answered: seen.complete.length,
        failedWhileFull: failedFull,
        saidAfterMs,
        bothAway: `${refusal.status} ${type.type ?? ''} ${type.code ?? ''}`,
        missing,
        twice,
      },
    };
  } finally {
    disk.remove();
  }
}

const JOURNAL = 'libs/spend/src/journal.spec.ts';
const GROUP_SYNC = 'libs/spend/src/group-sync.spec.ts';

export const JOURNAL_ROWS: readonly Row[] = [
  {
    id: 'D10',
    promise: 'a database that takes no writes stops no call',
    bar: '0 failed, 0 missing, 0 twice, management 503, back by itself',
    run: readOnly,
  },
  bySpec(
    {
      id: 'P2',
      promise: 'what a power cut can take is bounded',
      bar: 'synced ≤ 50 ms later; in `always` before the last byte',
    },
    { files: [GROUP_SYNC, JOURNAL, 'libs/spend/src/ledger.spec.ts'], named: 'sync|disk' },
  ),
  {
    id: 'P7',
    promise: 'a full disk of the journal loses nothing',
    bar: 'direct rows within 1 s and said so; with the database away 503; 0 answers without a row',
    run: journalIsFull,
  },
  bySpec(
    {
      id: 'P8',
      promise: 'an error of fsync is final for its file',
      bar: 'never synced again, lines written anew',
    },
    { files: [GROUP_SYNC, JOURNAL], named: 'sync' },
  ),
];
