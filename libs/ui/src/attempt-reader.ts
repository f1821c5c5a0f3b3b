import { Injectable } from '@nestjs/common';
import { ReportDatabase } from '@app/database';
import { type SpendLogRow } from '@app/spend';
import { detailsOf } from './calls.view.js';

/** One try at one deployment, as it was booked. */
export interface BookedAttempt {
  readonly status: number;
  readonly begunMs: number;
  readonly durationMs: number;
  readonly deploymentId: string;
  readonly error: string | null;
}

interface Row {
  readonly status: number;
  readonly begun_ms: number;
  readonly duration_ms: number;
  readonly deployment_id: string;
  readonly error: string | null;
}

const MAX_ATTEMPTS = 50;

/** The attempts of one call; kept only for calls that needed more than one or failed. */
@Injectable()
export class AttemptReader {
  constructor(private readonly database: ReportDatabase) {}

  async of(row: SpendLogRow): Promise<BookedAttempt[]> {
    const rows = await this.database.query<Row>(
      `SELECT status, begun_ms, duration_ms, deployment_id, error FROM spend_attempts
       WHERE started_at = $1 AND id = $2 ORDER BY ordinal LIMIT ${MAX_ATTEMPTS}`,
      [new Date(row.startTime), detailsOf(row).recordId],
    );
    return rows.map((one) => ({
      status: one.status,
      begunMs: one.begun_ms,
      durationMs: one.duration_ms,
      deploymentId: one.deployment_id,
      error: one.error,
    }));
  }
}
