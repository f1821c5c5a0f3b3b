import { Injectable } from '@nestjs/common';
import { BadRequestError } from '@app/call';
import { ReportDatabase } from '@app/database';

export type KeyState = 'active' | 'blocked' | 'expired' | 'spent';

export interface KeyListQuery {
  /** Part of name, user or team, or the last characters of the key. */
  readonly search: string;
  readonly state: KeyState | null;
  readonly userId: string | null;
  /** One key alone, for who holds nothing else. */
  readonly hash: string | null;
  readonly after: string | null;
}

export interface ListedKey {
  readonly hash: string;
  readonly name: string;
  readonly alias: string | null;
  readonly userId: string | null;
  readonly teamId: string | null;
  readonly models: readonly string[];
  readonly maxBudgetUsd: string | null;
  readonly spentPicoUsd: bigint;
  readonly expiresAt: Date | null;
  readonly blocked: boolean;
  readonly createdAt: Date;
}

interface Row {
  readonly hash: string;
  readonly key_name: string;
  readonly key_alias: string | null;
  readonly user_id: string | null;
  readonly team_id: string | null;
  readonly models: string[];
  readonly max_budget_usd: string | null;
  readonly spent: string;
  readonly expires_at: Date | null;
  readonly blocked: boolean;
  readonly created_at: Date;
}

const KEYS_PER_PAGE = 50;

const SPENT = `coalesce(spent_pico_usd, 0)`;
const STATES: Readonly<Record<KeyState, string>> = {
  active: `NOT blocked AND (expires_at IS NULL OR expires_at > now())`,
  blocked: 'blocked',
  expired: 'expires_at <= now()',
  spent: `${SPENT} >= max_budget_usd * 1000000000000`,
};
/** Milliseconds up to the year 2286, and a hash. */
const CURSOR = /^(\d{1,13})\.([0-9a-f]{64})$/;
const ESTIMATE = `SELECT CASE WHEN reltuples < 5000 THEN (SELECT count(*) FROM virtual_keys) ELSE reltuples END::float8 AS count
  FROM pg_class WHERE oid = 'virtual_keys'::regclass`;

/** The list of keys, newest first, a page at a time; on the connections for reports. */
@Injectable()
export class KeyListReader {
  constructor(private readonly database: ReportDatabase) {}

  /** One more row than a page holds tells that another page follows. */
  async page(query: KeyListQuery): Promise<{ keys: ListedKey[]; next: string | null }> {
    const { conditions, values } = whereOf(query);
    const rows = await this.database.query<Row>(
      `SELECT hash, key_name, key_alias, user_id, team_id, models, max_budget_usd::text, ${SPENT}::text AS spent,
         expires_at, blocked, created_at
       FROM virtual_keys LEFT JOIN spend_totals ON scope = 'key:' || hash AND window_start = '-infinity'
       ${conditions.length > 0 ? `WHERE ${conditions.join(' AND ')}` : ''}
       ORDER BY created_at DESC, hash DESC LIMIT ${KEYS_PER_PAGE + 1}`,
      values,
    );
    const keys = rows.slice(0, KEYS_PER_PAGE).map(toListedKey);
    const last = rows.length > KEYS_PER_PAGE ? keys.at(-1) : undefined;
    return { keys, next: last ? `${last.createdAt.getTime()}.${last.hash}` : null };
  }

  /** Exact for few, the planner's estimate for many. */
  async count(): Promise<number> {
    const [row] = await this.database.query<{ count: number }>(ESTIMATE);
    return row?.count ?? 0;
  }
}

function whereOf({ search, state, userId, hash, after }: KeyListQuery): {
  conditions: string[];
  values: unknown[];
} {
  const values: unknown[] = [];
  const conditions: string[] = [];
  const add = (condition: (place: string) => string, value: unknown): void => {
    conditions.push(condition(`$${values.push(value)}`));
  };
  if (search !== '') {
    const pattern = `%${search.replace(/^sk-…?/, '').replace(/[\\%_]/g, '\\$&')}%`;
    const columns = ['key_alias', 'key_name', 'user_id', 'team_id'];
    add((place) => `(${columns.map((column) => `${column} ILIKE ${place}`).join(' OR ')})`, pattern);
  }
  if (state !== null) conditions.push(STATES[state]);
  if (userId !== null) add((place) => `user_id = ${place}`, userId);
  if (hash !== null) add((place) => `hash = ${place}`, hash);
  if (after !== null) {
    const match = CURSOR.exec(after);
    if (!match) throw new BadRequestError('This address is cut off: open the list anew.', 'after');
    // Milliseconds are what the cursor holds, microseconds what the column does.
    const at = `$${values.push(new Date(Number(match[1])))}`;
    const place = `$${values.push(match[2])}`;
    conditions.push(`(date_trunc('milliseconds', created_at), hash) < (${at}, ${place})`);
  }
  return { conditions, values };
}

const toListedKey = (row: Row): ListedKey => ({
  hash: row.hash,
  name: row.key_name,
  alias: row.key_alias,
  userId: row.user_id,
  teamId: row.team_id,
  models: row.models,
  maxBudgetUsd: row.max_budget_usd,
  spentPicoUsd: BigInt(row.spent.split('.')[0] ?? '0'),
  expiresAt: row.expires_at,
  blocked: row.blocked,
  createdAt: row.created_at,
});
