import { Injectable } from '@nestjs/common';
import { ReportDatabase } from '@app/database';

const counts = (owner: 'user_id' | 'team_id'): string => `
  SELECT ${owner} AS owner, count(*)::int AS keys FROM virtual_keys
  WHERE ${owner} IN (SELECT unnest($1::text[])) GROUP BY ${owner}`;

/** How many keys users and teams have. */
@Injectable()
export class KeyCounts {
  constructor(private readonly reports: ReportDatabase) {}

  of(userIds: readonly string[]): Promise<Map<string, number>> {
    return this.count('user_id', userIds);
  }

  ofTeams(teamIds: readonly string[]): Promise<Map<string, number>> {
    return this.count('team_id', teamIds);
  }

  private async count(owner: 'user_id' | 'team_id', ids: readonly string[]): Promise<Map<string, number>> {
    if (ids.length === 0) return new Map();
    const rows = await this.reports.query<{ owner: string; keys: number }>(counts(owner), [ids]);
    return new Map(rows.map((row) => [row.owner, row.keys]));
  }
}
