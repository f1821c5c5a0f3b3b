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
import { ALL_ROWS } from './all-rows.ts';
import { fieldFor } from './field.ts';
import { GROUPS } from './groups.ts';
import { type Measured, type Row } from './row.ts';
import { Totals } from './totals.ts';
import { type Aftermath } from './witness.ts';

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

const rowsById = new Map(ALL_ROWS.map((row) => [row.id, row]));

/** The rows that are asked for; those of a group in its own order. */
function wanted(): Row[] {
  const unknown = positionals.filter((id) => !rowsById.has(id));
  if (unknown.length > 0)
    throw new Error(`no such row: ${unknown.join(', ')}; known: ${[...rowsById.keys()].join(' ')}`);
  const ids = groupAsked() ?? [...rowsById.keys()];
  return ids
    .filter((id) => positionals.length === 0 || positionals.includes(id))
    .flatMap((id) => rowsById.get(id) ?? []);
}

function groupAsked(): readonly string[] | null {
  const name = options.board ? 'board' : options.group;
  if (name === undefined) return null;
  const ids = GROUPS[name];
  if (!ids) throw new Error(`no such group: ${name}; known: ${Object.keys(GROUPS).join(' ')}`);
  return ids;
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

const rows = wanted();
// The gateway alone on one core, everything else on another: figures that can be compared.
const isPinned = (options.pinned || options.group === 'load') && availableParallelism() > 1;
if (isPinned) takeOtherCore();
const shared = { sandbox: await startSandbox({ backends: ARENA_BACKENDS }), postgres: await startPostgres() };
const totals = new Totals();
for (const row of rows) {
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
