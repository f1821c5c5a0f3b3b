import { Injectable } from '@nestjs/common';
import { picoUsdFrom, usdNumber, type JsonObject } from '@app/call';
import { ReportDatabase } from '@app/database';
import { type SpendOwner } from './visible-spend.js';

interface Limits {
  readonly spend: number;
  readonly max_budget: number | null;
  readonly models: readonly string[];
  readonly metadata: JsonObject;
  readonly blocked: boolean;
  readonly created_at: Date;
  readonly updated_at: Date;
}

/** A key as LiteLLM lists it; the credential itself is known to nobody. */
export interface KeySpendRow extends Limits {
  /** SHA-256 of the key, in hex. */
  readonly token: string;
  readonly key_name: string;
  readonly key_alias: string | null;
  readonly user_id: string | null;
  readonly team_id: string | null;
  readonly aliases: JsonObject;
  readonly expires: Date | null;
}

/** A user as LiteLLM lists it. */
export interface UserSpendRow extends Limits {
  readonly user_id: string;
  readonly user_alias: string | null;
  readonly user_email: string | null;
  readonly user_role: string | null;
}

type Stored<Row> = Omit<Row, 'spend' | 'max_budget'> & {
  readonly spent: string;
  readonly max_budget: string | null;
};

const COMMON = `models, metadata, blocked, max_budget_usd::text AS max_budget, created_at, updated_at,
  coalesce(spent_pico_usd, 0)::text AS spent`;
const ORDER = 'ORDER BY spent_pico_usd DESC NULLS LAST, created_at, 1 LIMIT $1';

const totalOf = (scope: string): string =>
  `LEFT JOIN spend_totals ON scope = ${scope} AND window_start = '-infinity'`;

const KEYS = `SELECT hash AS token, key_name, key_alias, user_id, team_id, aliases, expires_at AS expires, ${COMMON}
  FROM virtual_keys ${totalOf("'key:' || hash")}
  WHERE ($2::text IS NULL OR hash = $2) AND ($3::text IS NULL OR user_id = $3) ${ORDER}`;

const USERS = `SELECT user_id, user_alias, user_email, user_role, ${COMMON}
  FROM users ${totalOf("'user:' || user_id")} WHERE ($2::text IS NULL OR user_id = $2) ${ORDER}`;

/** Keys and users with what they have spent in all, the dearest first. */
@Injectable()
export class SpendLists {
  constructor(private readonly database: ReportDatabase) {}

  async keys({ keyHash, userId }: SpendOwner, limit: number): Promise<KeySpendRow[]> {
    const values = [limit, keyHash ?? null, userId ?? null];
    return (await this.database.query<Stored<KeySpendRow>>(KEYS, values)).map(withAmounts);
  }

  async users(userId: string | null, limit: number): Promise<UserSpendRow[]> {
    return (await this.database.query<Stored<UserSpendRow>>(USERS, [limit, userId])).map(withAmounts);
  }
}

function withAmounts<Row extends { spent: string; max_budget: string | null }>(
  row: Row,
): Omit<Row, 'spent' | 'max_budget'> & { spend: number; max_budget: number | null } {
  const { spent, max_budget: budget, ...others } = row;
  const limit = budget === null ? null : picoUsdFrom(budget);
  return { ...others, spend: usdNumber(BigInt(spent)), max_budget: limit === null ? null : usdNumber(limit) };
}
