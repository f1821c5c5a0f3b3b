import { Injectable } from '@nestjs/common';
import { usdNumber } from '@app/call';
import { ReportDatabase } from '@app/database';

/** One try at one deployment, as it stands in its row's `metadata`. */
export interface SpendAttempt {
  readonly deployment_id: string;
  /** Of the upstream; 0 where no answer came. */
  readonly status: number;
  /** Since the call began. */
  readonly begun_ms: number;
  readonly duration_ms: number;
  /** Null for the one that answered, as is `error_message`. */
  readonly error_class: string | null;
  readonly error_message: string | null;
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly spend: number;
}

/** What of a row tells whether there is more to read. */
interface TriedRow {
  readonly started_at: Date;
  readonly id: string;
  readonly attempts: number;
  readonly status: number;
}

interface StoredAttempt {
  readonly id: string;
  readonly deployment_id: string;
  readonly status: number;
  readonly begun_ms: number;
  readonly duration_ms: number;
  readonly error: string | null;
  readonly error_type: string | null;
  readonly prompt_tokens: number | null;
  readonly completion_tokens: number | null;
  readonly cost_pico_usd: string | null;
}

const READ = `SELECT try.* FROM unnest($1::timestamptz[], $2::uuid[]) AS wanted(started_at, id)
  JOIN spend_attempts AS try ON try.started_at = wanted.started_at AND try.id = wanted.id
  WHERE try.started_at BETWEEN $3 AND $4 ORDER BY try.id, ordinal`;

const FAILED = 400;

/** Reads what was tried for rows; only calls that needed more than one try, or failed, have more than their row says. */
@Injectable()
export class SpendAttempts {
  constructor(private readonly database: ReportDatabase) {}

  /** By the row's id; in the order in which they were made. */
  async of(rows: readonly TriedRow[]): Promise<ReadonlyMap<string, SpendAttempt[]>> {
    const tried = rows.filter(({ attempts, status }) => attempts > 1 || (attempts === 1 && status >= FAILED));
    const times = tried.map(({ started_at: startedAt }) => startedAt.getTime());
    if (tried.length === 0) return new Map();
    const found = await this.database.query<StoredAttempt>(READ, [
      tried.map(({ started_at: startedAt }) => startedAt),
      tried.map(({ id }) => id),
      new Date(Math.min(...times)),
      new Date(Math.max(...times)),
    ]);
    const byRow = Map.groupBy(found, ({ id }) => id);
    return new Map([...byRow].map(([id, attempts]) => [id, attempts.map(toAttempt)]));
  }
}

const toAttempt = (attempt: StoredAttempt): SpendAttempt => ({
  deployment_id: attempt.deployment_id,
  status: attempt.status,
  begun_ms: attempt.begun_ms,
  duration_ms: attempt.duration_ms,
  error_class: attempt.error_type,
  error_message: attempt.error,
  prompt_tokens: attempt.prompt_tokens ?? 0,
  completion_tokens: attempt.completion_tokens ?? 0,
  spend: usdNumber(BigInt(attempt.cost_pico_usd ?? 0)),
});
