/** `npm run rows -- A1 P1 [--long] [--seed=7]`: rows of the bar, one JSON line each; without names, all of them. */
import { parseArgs } from 'node:util';
import { type Postgres, type Sandbox, startPostgres, startSandbox } from '../harness.ts';
import { ARENA_BACKENDS } from '../attacks/arena.ts';
import { AUDIO_AND_SEARCH_ROWS } from './audio-and-search.ts';
import { COLD_CLIENTS } from './cold-clients.ts';
import { DATABASE_ROWS } from './database-faults.ts';
import { fieldFor } from './field.ts';
import { GOVERNANCE_ROWS } from './governance.ts';
import { HEALTH_ROWS } from './health.ts';
import { INPUT_ROWS } from './inputs.ts';
import { JOURNAL_ROWS } from './journal-faults.ts';
import { MANY_ROWS } from './many-rows.ts';
import { MONEY_ROWS } from './money.ts';
import { OBSERVABILITY_ROWS } from './observability.ts';
import { OPERATION_ROWS } from './operations.ts';
import { OUTBOUND_ROWS } from './outbound.ts';
import { PAGE_ROWS } from './pages.ts';
import { PROCESS_ROWS } from './process-faults.ts';
import { READER_ROWS } from './readers.ts';
import { RECONCILED_ROWS } from './reconciled.ts';
import { ROUTING_ROWS } from './routing-faults.ts';
import { type Measured, type Row } from './row.ts';
import { SLOW_DATABASE_ROWS } from './slow-database.ts';
import { UPSTREAM_ROWS } from './upstream-faults.ts';

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
  },
});
const seed = Number(options.seed);

function wanted(): readonly Row[] {
  const unknown = positionals.filter((id) => !ROWS.some((row) => row.id === id));
  if (unknown.length > 0) {
    throw new Error(`no such row here: ${unknown.join(', ')}; known: ${ROWS.map(({ id }) => id).join(' ')}`);
  }
  return positionals.length === 0 ? ROWS : ROWS.filter(({ id }) => positionals.includes(id));
}

async function runRow(row: Row, shared: { sandbox: Sandbox; postgres: Postgres }): Promise<Measured> {
  const prepared = await fieldFor({ ...shared, seed, long: options.long });
  try {
    return await row.run(prepared.field);
  } catch (error) {
    return {
      pass: false,
      measured: { failed: error instanceof Error ? (error.stack ?? error.message) : String(error) },
    };
  } finally {
    await prepared.clear();
  }
}

const rows = wanted();
const shared = { sandbox: await startSandbox({ backends: ARENA_BACKENDS }), postgres: await startPostgres() };
let failures = 0;
for (const row of rows) {
  const startedAt = performance.now();
  const { pass, measured } = await runRow(row, shared);
  if (!pass) failures += 1;
  const seconds = Math.round((performance.now() - startedAt) / 1_000);
  const { id, bar, promise } = row;
  process.stdout.write(
    `${JSON.stringify({ id, pass, measured, bar, promise, seed, long: options.long, seconds })}\n`,
  );
}
await shared.sandbox.stop();
await shared.postgres.stop();
process.exit(failures === 0 ? 0 : 1);
