/**
 * `npm run rows -- A1 P1 [--long] [--seed=7] [--group=faults] [--board]`: rows of the bar, one JSON line each, then one
 * of totals; without names, all of them. Ends with 1 where a row is red, money unexplained, an answer without its row, or
 * a secret outside. `--pinned` (always in the group `load`): gateways have core 0 to themselves.
 */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { MEASURED_CORE, takeOtherCore } from '../../../../bench/stage.ts';
import { type Postgres, type Sandbox, startPostgres, startSandbox } from '../harness.ts';
import { ARENA_BACKENDS } from '../attacks/arena.ts';
import { AUDIO_AND_SEARCH_ROWS } from './audio-and-search.ts';
import { COLD_CLIENTS } from './cold-clients.ts';
import { CLOCK_ROWS } from './clock-jumps.ts';
import { CROWD_ROWS } from './crowd.ts';
import { DATABASE_ROWS } from './database-faults.ts';
import { fieldFor } from './field.ts';
import { GOVERNANCE_ROWS } from './governance.ts';
import { GROUPS } from './groups.ts';
import { HEALTH_ROWS } from './health.ts';
import { INPUT_ROWS } from './inputs.ts';
import { JOURNAL_ROWS } from './journal-faults.ts';
import { MANY_ROWS } from './many-rows.ts';
import { LOOP_ROWS } from './loop.ts';
import { STREAM_ROWS } from './many-streams.ts';
import { MONEY_ROWS } from './money.ts';
import { OBSERVABILITY_ROWS } from './observability.ts';
import { OPERATION_ROWS } from './operations.ts';
import { OUTBOUND_ROWS } from './outbound.ts';
import { PAGE_ROWS } from './pages.ts';
import { ENDING_ROWS } from './process-ends.ts';
import { PROCESS_ROWS } from './process-faults.ts';
import { PROVEN_ROWS } from './proven-by-tests.ts';
import { READER_ROWS } from './readers.ts';
import { RECONCILED_ROWS } from './reconciled.ts';
import { ROUTING_ROWS } from './routing-faults.ts';
import { type Measured, type Row } from './row.ts';
import { SHORTAGE_ROWS } from './shortages.ts';
import { SLOW_CROWD } from './slow-crowd.ts';
import { SLOW_DATABASE_ROWS } from './slow-database.ts';
import { SOAK_ROWS } from './soak.ts';
import { SUSTAINED_ROWS } from './sustained.ts';
import { Totals } from './totals.ts';
import { UPGRADE_ROWS } from './upgrade.ts';
import { UPSTREAM_ROWS } from './upstream-faults.ts';
import { type Aftermath } from './witness.ts';

const ROWS: readonly Row[] = [
  ...INPUT_ROWS,
  ...AUDIO_AND_SEARCH_ROWS,
  ...UPSTREAM_ROWS,
  ...ROUTING_ROWS,
  COLD_CLIENTS,
  ...READER_ROWS,
  ...OUTBOUND_ROWS,
  ...OPERATION_ROWS,
  ...PAGE_ROWS,
  ...PROCESS_ROWS,
  ...ENDING_ROWS,
  ...CLOCK_ROWS,
  ...SHORTAGE_ROWS,
  ...SUSTAINED_ROWS,
  ...STREAM_ROWS,
  ...SOAK_ROWS,
  ...CROWD_ROWS,
  ...LOOP_ROWS,
  ...UPGRADE_ROWS,
  ...PROVEN_ROWS,
  SLOW_CROWD,
  ...DATABASE_ROWS,
  ...SLOW_DATABASE_ROWS,
  ...GOVERNANCE_ROWS,
  ...OBSERVABILITY_ROWS,
  ...HEALTH_ROWS,
  ...MONEY_ROWS,
  ...RECONCILED_ROWS,
  ...JOURNAL_ROWS,
  ...MANY_ROWS,
];

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    long: { type: 'boolean', default: false },
    seed: { type: 'string', default: String(Date.now() % 100_000) },
    group: { type: 'string' },
    board: { type: 'boolean', default: false },
    hours: { type: 'string' },
    pinned: { type: 'boolean', default: false },
  },
});
const seed = Number(options.seed);
const hours = options.hours === undefined ? null : Number(options.hours);
const NOTHING_AFTER: Aftermath = { unexplained: '0', lost: 0, canaries: [] };

function wanted(): readonly string[] {
  const known = ROWS.map(({ id }) => id);
  const group = options.board ? 'board' : options.group;
  if (group !== undefined) {
    const ids = GROUPS[group];
    if (!ids) throw new Error(`no such group: ${group}; known: ${Object.keys(GROUPS).join(' ')}`);
    return positionals.length === 0 ? ids : ids.filter((id) => positionals.includes(id));
  }
  const unknown = positionals.filter((id) => !known.includes(id));
  if (unknown.length > 0)
    throw new Error(`no such row here: ${unknown.join(', ')}; known: ${known.join(' ')}`);
  return positionals.length === 0 ? known : known.filter((id) => positionals.includes(id));
}

const failed = (error: unknown): Measured => ({
  pass: false,
  measured: { failed: error instanceof Error ? (error.stack ?? error.message) : String(error) },
});

interface Outcome {
  readonly result: Measured;
  readonly after: Aftermath;
}

/** The row, then what is looked at after every row: a row whose books cannot be looked at does not hold. */
async function runRow(row: Row, shared: { sandbox: Sandbox; postgres: Postgres }): Promise<Outcome> {
  const prepared = await fieldFor({
    ...shared,
    seed,
    long: options.long,
    hours,
    core: isPinned ? MEASURED_CORE : null,
  });
  try {
    const result = await row.run(prepared.field).catch(failed);
    try {
      return { result, after: await prepared.judge() };
    } catch (error) {
      const { measured } = failed(error);
      return {
        result: { pass: false, measured: { ...result.measured, afterwards: measured['failed'] ?? '' } },
        after: NOTHING_AFTER,
      };
    }
  } finally {
    await prepared.clear();
  }
}

const MISSING = (id: string): Row => ({
  id,
  promise: 'not written yet',
  bar: 'see the bar',
  run: () => Promise.resolve({ pass: false, measured: { failed: 'this row is not written yet' } }),
});

const ids = wanted();
// The gateway alone on one core, everything else on another: figures that can be compared.
const isPinned = (options.pinned || options.group === 'load') && availableParallelism() > 1;
if (isPinned) takeOtherCore();
const shared = { sandbox: await startSandbox({ backends: ARENA_BACKENDS }), postgres: await startPostgres() };
const totals = new Totals();
for (const row of ids.map((id) => ROWS.find((known) => known.id === id) ?? MISSING(id))) {
  const startedAt = performance.now();
  const { result, after } = await runRow(row, shared);
  const seconds = Math.round((performance.now() - startedAt) / 1_000);
  totals.add(row, result, { seconds, after });
  const { id, bar, promise } = row;
  const line = { id, ...result, bar, promise, seed, long: options.long, seconds, after };
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
process.stdout.write(`${JSON.stringify(totals.line())}\n`);
if (options.board) process.stderr.write(`${totals.table()}\n`);
await shared.sandbox.stop();
await shared.postgres.stop();
process.exit(totals.isGreen ? 0 : 1);
