import { Logger } from '@nestjs/common';
import type pg from 'pg';
import { SpendConnection } from './spend-connection.js';
import { addDays } from './spend-writer.js';

const DAYS_AHEAD = 3;
const DAY_MS = 86_400_000;
/** Hourly totals serve the windows of budgets; the longest of those is a month. */
const HOURS_KEPT_DAYS = 62;
const PARENTS = ['spend_logs', 'spend_attempts'];
const PROMPTS = ['spend_prompts'];

/** Milliseconds; null: kept for ever. */
export interface Retention {
  readonly rows: () => number | null;
  /** Of prompts and answers, which are dropped with their rows at the latest. */
  readonly prompts: () => number | null;
}

const EXPIRED = `SELECT child.relname AS name, parent.relname AS parent, inhdetachpending AS pending
  FROM pg_inherits JOIN pg_class AS child ON child.oid = inhrelid JOIN pg_class AS parent ON parent.oid = inhparent
  WHERE parent.relname = ANY($1) AND right(child.relname, 8) < $2
  -- While one is pending, no other of its table can be detached.
  ORDER BY 3 DESC, 1`;

const FORGET_HOURS = ['spend_totals', 'spend_credits'].map(
  (table) => `DELETE FROM ${table}
  WHERE window_start > '-infinity' AND window_start < now() - make_interval(days => $1)`,
);

const TRY_LOCK = `SELECT pg_try_advisory_lock(hashtext('spend partitions')) AS held`;

/** Makes the days ahead and drops those that nobody keeps; on a connection of its own, so that money need not wait. */
export class PartitionKeeper {
  private readonly logger = new Logger('PartitionKeeper');

  constructor(
    private readonly url: string,
    private readonly retention: Retention,
  ) {}

  /** One process at a time does it; the others have nothing to do. */
  async keep(now = new Date()): Promise<void> {
    const connection = new SpendConnection(this.url);
    try {
      await connection.run(async (client) => {
        await addDays(client, daysFrom(now));
        const { rows } = await client.query<{ held: boolean }>(TRY_LOCK);
        if (!rows[0]?.held) return;
        const [rowsMs, promptsMs] = [this.retention.rows(), this.retention.prompts()];
        await this.dropExpired(client, now, PARENTS, rowsMs);
        await this.dropExpired(client, now, PROMPTS, shorterOf(rowsMs, promptsMs));
        for (const statement of FORGET_HOURS) await client.query(statement, [HOURS_KEPT_DAYS]);
      });
    } finally {
      await connection.close();
    }
  }

  private async dropExpired(
    client: pg.Client,
    now: Date,
    parents: readonly string[],
    retentionMs: number | null,
  ): Promise<void> {
    if (retentionMs === null) return;
    const firstKept = dayOf(now.getTime() - retentionMs).replaceAll('-', '');
    const { rows } = await client.query<{ name: string; parent: string; pending: boolean }>(EXPIRED, [
      parents,
      firstKept,
    ]);
    for (const { name, parent, pending } of rows) {
      // Concurrently: neither readers nor the shipper wait for it.
      await client.query(
        `ALTER TABLE ${parent} DETACH PARTITION ${name} ${pending ? 'FINALIZE' : 'CONCURRENTLY'}`,
      );
      await client.query(`DROP TABLE ${name}`);
      this.logger.log(`Dropped ${name}: it is older than the retention period.`);
    }
  }
}

const shorterOf = (one: number | null, other: number | null): number | null =>
  one === null || other === null ? (one ?? other) : Math.min(one, other);

function daysFrom(now: Date): string[] {
  return Array.from({ length: DAYS_AHEAD + 1 }, (_, ahead) => dayOf(now.getTime() + ahead * DAY_MS));
}

function dayOf(timeMs: number): string {
  return new Date(timeMs).toISOString().slice(0, 10);
}
