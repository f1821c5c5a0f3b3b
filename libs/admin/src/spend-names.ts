import { Injectable } from '@nestjs/common';
import { ReportDatabase } from '@app/database';

export interface KeyNames {
  readonly key_alias: string | null;
  readonly key_name: string | null;
  readonly team_id: string | null;
}

const NO_NAMES: KeyNames = { key_alias: null, key_name: null, team_id: null };
const KEYS = 'SELECT hash, key_alias, key_name, team_id FROM virtual_keys WHERE hash = ANY($1::text[])';
const TEAMS = 'SELECT team_id, team_alias FROM teams WHERE team_id = ANY($1::text[])';

/** What keys and teams are called now; for reports, whose rows know only hashes and ids. */
@Injectable()
export class SpendNames {
  constructor(private readonly database: ReportDatabase) {}

  /** Nulls for keys that are no more. */
  async ofKeys(hashes: Iterable<string>): Promise<(hash: string) => KeyNames> {
    const wanted = [...new Set(hashes)];
    const rows = await this.database.query<KeyNames & { hash: string }>(KEYS, [wanted]);
    const known = new Map(rows.map(({ hash, ...names }) => [hash, names]));
    return (hash) => known.get(hash) ?? NO_NAMES;
  }

  /** A team's alias, or its id where it has none or is no more. */
  async ofTeams(ids: Iterable<string>): Promise<(id: string) => string> {
    const wanted = [...new Set(ids)];
    const rows = await this.database.query<{ team_id: string; team_alias: string | null }>(TEAMS, [wanted]);
    const known = new Map(rows.map(({ team_id, team_alias }) => [team_id, team_alias]));
    return (id) => known.get(id) ?? id;
  }
}
