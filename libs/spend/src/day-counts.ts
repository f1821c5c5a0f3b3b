import { type ReportDatabase } from '@app/database';

const DAY_MS = 86_400_000;
/** Days of which rows still arrive are read each time: today, and yesterday for calls that were long. */
const LIVE_DAYS = 2;
/** Rows of an outage may come days late: what is known of older days is read again after this long. */
const FRESH_MS = 60_000;

const READ = `SELECT day::text AS day, sum(requests)::float8 AS rows FROM spend_daily
  WHERE day >= $1 AND day < $2 GROUP BY 1`;

/**
 * How many rows there are of each day, whoever made them. Adding up every total for every page would cost more than the
 * page itself: days that are over are remembered.
 */
export class DayCounts {
  private finished: Promise<ReadonlyMap<string, number>> | null = null;
  private finishedBefore = '';
  private readAtMs = 0;

  constructor(private readonly database: ReportDatabase) {}

  /** Rows from `startDay` to `endDay`, both inclusive (`2026-01-31`, UTC). @throws UnavailableError */
  async between(startDay: string, endDay: string): Promise<number> {
    const today = Math.floor(Date.now() / DAY_MS) * DAY_MS;
    const firstLive = dayOf(today - (LIVE_DAYS - 1) * DAY_MS);
    const [finished, live] = await Promise.all([
      startDay < firstLive ? this.before(firstLive) : EMPTY,
      endDay < firstLive ? EMPTY : this.read(firstLive, 'infinity'),
    ]);
    let sum = 0;
    for (const days of [finished, live]) {
      for (const [day, rows] of days) if (day >= startDay && day <= endDay) sum += rows;
    }
    return sum;
  }

  /** What is known is told at once and renewed behind it. */
  private async before(firstLive: string): Promise<ReadonlyMap<string, number>> {
    const known = this.finishedBefore === firstLive ? this.finished : null;
    if (known && performance.now() - this.readAtMs < FRESH_MS) return known;
    this.readAtMs = performance.now();
    this.finishedBefore = firstLive;
    const reading = this.read('-infinity', firstLive);
    const kept = reading.catch((error: unknown) => {
      if (this.finished === kept) this.finished = known;
      this.readAtMs = 0;
      throw error;
    });
    kept.catch(() => undefined);
    this.finished = kept;
    return known ?? kept;
  }

  private async read(from: string, to: string): Promise<ReadonlyMap<string, number>> {
    const rows = await this.database.query<{ day: string; rows: number }>(READ, [from, to]);
    return new Map(rows.map((row) => [row.day, row.rows]));
  }
}

const EMPTY: ReadonlyMap<string, number> = new Map();

function dayOf(timeMs: number): string {
  return new Date(timeMs).toISOString().slice(0, 10);
}
