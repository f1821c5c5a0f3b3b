import { type EntityManager } from 'typeorm';
import { BadRequestError } from '@app/call';
import { type KeyEntity } from './key.entity.js';
import { type KeyTurn } from './key-store.js';

const KEEP_OPEN =
  'INSERT INTO replaced_keys (hash, active_hash, revoke_at, successor_sealed) VALUES ($1, $2, $3, $4)';
const FORGET = `DELETE FROM replaced_keys WHERE hash = $1 OR revoke_at < now() - interval '1 day'`;
const OPEN_TOO = 'SELECT hash FROM replaced_keys WHERE active_hash = $1';

/** Until the end of the transaction no row is added to the totals. */
const HOLD_BOOKS = 'LOCK TABLE spend_totals IN SHARE ROW EXCLUSIVE MODE';
const SUCCEED = `WITH freed AS (DELETE FROM key_successors WHERE hash = $2),
    passed_on AS (UPDATE key_successors SET active_hash = $2 WHERE active_hash = $1 AND hash <> $2)
  INSERT INTO key_successors (hash, active_hash) VALUES ($1, $2)`;

/**
 * What a key has spent goes with it: totals and budgets are kept by scope, and the scope is named after the hash.
 * Moved, not copied: the gateway's own budget is the sum over all keys.
 */
const CARRY_TOTALS = `
  WITH moved AS (DELETE FROM spend_totals WHERE scope = $1 RETURNING window_start, spent_pico_usd, requests)
  INSERT INTO spend_totals AS total (scope, window_start, spent_pico_usd, requests)
  SELECT $2, window_start, spent_pico_usd, requests FROM moved
  ON CONFLICT (scope, window_start) DO UPDATE
    SET spent_pico_usd = total.spent_pico_usd + excluded.spent_pico_usd, requests = total.requests + excluded.requests`;
const CARRY_CREDITS = `
  WITH moved AS (DELETE FROM spend_credits WHERE scope = $1 RETURNING window_start, credited_pico_usd)
  INSERT INTO spend_credits AS credit (scope, window_start, credited_pico_usd)
  SELECT $2, window_start, credited_pico_usd FROM moved
  ON CONFLICT (scope, window_start) DO UPDATE
    SET credited_pico_usd = credit.credited_pico_usd + excluded.credited_pico_usd`;
/** Those of one model are kept nowhere else. The old ones stay with the leases that calls under way have of them. */
const CARRY_BUDGETS = `
  INSERT INTO limit_accounts AS account (scope, model, kind, starts_at, ends_at, spent)
  SELECT $2, model, kind, starts_at, ends_at, spent FROM limit_accounts
  WHERE scope = $1 AND kind = 'money' AND ends_at > now()
  ON CONFLICT (scope, model, kind, starts_at, ends_at) DO UPDATE SET spent = account.spent + excluded.spent`;

/** How the credential that was replaced ends. */
export interface OldCredential {
  /** Null, or a moment that has passed: at once. */
  readonly revokeAt: Date | null;
  /** The new credential, encrypted, for its holder to fetch until then. */
  readonly successorSealed: string | null;
}

/** Writes a key under its new credential. Answers with every credential that is touched besides the two. */
export async function replaceCredential(
  { manager, now, replace, find }: KeyTurn,
  before: KeyEntity,
  after: KeyEntity,
  { revokeAt, successorSealed }: OldCredential,
): Promise<string[]> {
  if (before.hash === after.hash || (await find(after.hash)))
    throw new BadRequestError('The new key is in use already.', 'new_key');
  const openToo = await hashesIn(manager, before.hash);
  await replace(before.hash, after);
  await manager.query(FORGET, [after.hash]);
  if (revokeAt && revokeAt > now)
    await manager.query(KEEP_OPEN, [before.hash, after.hash, revokeAt, successorSealed]);
  await manager.query(HOLD_BOOKS);
  await manager.query(SUCCEED, [before.hash, after.hash]);
  const scopes = [`key:${before.hash}`, `key:${after.hash}`];
  for (const statement of [CARRY_TOTALS, CARRY_CREDITS, CARRY_BUDGETS])
    await manager.query(statement, scopes);
  return openToo;
}

/** Credentials that a key has replaced and that still open it. */
export async function hashesIn(manager: EntityManager, activeHash: string): Promise<string[]> {
  const rows = await manager.query<{ hash: string }[]>(OPEN_TOO, [activeHash]);
  return rows.map(({ hash }) => hash);
}
