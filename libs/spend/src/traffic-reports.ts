import { Injectable } from '@nestjs/common';
import { ReportDatabase } from '@app/database';
import { countsOf, type CountsRow, type SpendCounts, SUMS_OF_ROWS } from './spend-counts.js';
import { WordTexts } from './word-texts.js';

/** What traffic can be told apart by. */
export type TrafficDimension = 'model' | 'key' | 'user' | 'team';

/** The calls of one stretch of time that share a name; empty where they have none. */
export interface TrafficPart extends SpendCounts {
  readonly at: Date;
  readonly name: string;
}

/** How quick calls were; null where there were none. */
export interface TrafficSpeed {
  /** Half of the first tokens came within. */
  readonly firstTokenMs: number | null;
  /** 95 of 100 calls took at most this. */
  readonly slowMs: number | null;
}

/** A stretch of time, `to` exclusive. */
export interface TrafficPeriod {
  readonly from: Date;
  readonly to: Date;
}

const CODES: Readonly<Record<TrafficDimension, string>> = {
  model: 'coalesce(model_code, model_group_code)',
  key: 'key_code',
  user: 'user_code',
  team: 'team_code',
};

/** Quickness is judged by the newest calls of a period: they say how it is, and more would not say it better. */
const JUDGED_CALLS = 20_000;
const SPEED = `SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY time_to_first_token_ms) AS first_token,
    percentile_cont(0.95) WITHIN GROUP (ORDER BY duration_ms) AS slow
  FROM (SELECT time_to_first_token_ms, duration_ms FROM spend_logs WHERE started_at >= $1 AND started_at < $2
    ORDER BY started_at DESC LIMIT ${JUDGED_CALLS}) AS newest`;

interface PartRow extends CountsRow {
  readonly at: Date;
  readonly code: number | null;
}

/** What happened lately, from the rows themselves; on the connections for reports. Longer times: SpendReports. */
@Injectable()
export class TrafficReports {
  constructor(
    private readonly database: ReportDatabase,
    private readonly words: WordTexts,
  ) {}

  /** Sums for each stretch of `stepSeconds`, counted from the beginning of the period, and each name. */
  async parts(
    dimension: TrafficDimension,
    { from, to }: TrafficPeriod,
    stepSeconds: number,
  ): Promise<TrafficPart[]> {
    const rows = await this.database.query<PartRow>(
      `SELECT date_bin(make_interval(secs => $3), started_at, $1) AS at, ${CODES[dimension]} AS code, ${SUMS_OF_ROWS}
       FROM spend_logs WHERE started_at >= $1 AND started_at < $2 GROUP BY 1, 2`,
      [from, to, stepSeconds],
    );
    const text = await this.words.of(rows.map(({ code }) => code));
    return rows.map((row) => ({ at: row.at, name: text(row.code) ?? '', ...countsOf(row) }));
  }

  /** Of the newest calls of a period, at most 20,000. @throws UnavailableError */
  async speed({ from, to }: TrafficPeriod): Promise<TrafficSpeed> {
    const [row] = await this.database.query<{ first_token: number | null; slow: number | null }>(SPEED, [
      from,
      to,
    ]);
    return { firstTokenMs: row?.first_token ?? null, slowMs: row?.slow ?? null };
  }
}
