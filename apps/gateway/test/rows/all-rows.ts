import { AUDIO_AND_SEARCH_ROWS } from './audio-and-search.ts';
import { CLOCK_ROWS } from './clock-jumps.ts';
import { COLD_CLIENTS } from './cold-clients.ts';
import { CROWD_ROWS } from './crowd.ts';
import { DATABASE_ROWS } from './database-faults.ts';
import { GOVERNANCE_ROWS } from './governance.ts';
import { HEALTH_ROWS } from './health.ts';
import { INPUT_ROWS } from './inputs.ts';
import { JOURNAL_ROWS } from './journal-faults.ts';
import { LOOP_ROWS } from './loop.ts';
import { MANY_ROWS } from './many-rows.ts';
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
import { SHORTAGE_ROWS } from './shortages.ts';
import { SLOW_CROWD } from './slow-crowd.ts';
import { SLOW_DATABASE_ROWS } from './slow-database.ts';
import { SOAK_ROWS } from './soak.ts';
import { SUSTAINED_ROWS } from './sustained.ts';
import { UPGRADE_ROWS } from './upgrade.ts';
import { UPSTREAM_ROWS } from './upstream-faults.ts';
import { type Row } from './row.ts';

/** Every row that is written, in the order in which they are run. */
export const ALL_ROWS: readonly Row[] = [
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
