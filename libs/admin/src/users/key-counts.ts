import { Injectable } from '@nestjs/common';
import { ReportDatabase } from '@app/database';

const COUNTS = `
  SELECT user_id, count(*)::int AS keys FROM virtual_keys
  WHERE user_id IN (SELECT unnest($1::text[])) GROUP BY user_id`;

/** How many keys users have. */
@Injectable()
export class KeyCounts {
  constructor(private readonly reports: ReportDatabase) {}

  async of(userIds: readonly string[]): Promise<Map<string, number>> {
    if (userIds.length === 0) return new Map();
    const rows = await this.reports.query<{ user_id: string; keys: number }>(COUNTS, [userIds]);
    return new Map(rows.map((row) => [row.user_id, row.keys]));
  }
}
