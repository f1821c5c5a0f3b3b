import { Injectable } from '@nestjs/common';
import { BadRequestError, picoUsdFrom, usdNumber, usdText } from '@app/call';
import { type Actor } from '@app/audit';
import { creditSpend, heldSpend, Ledger, SpendTotals } from '@app/spend';
import { refuseUnknown, requireKeyName } from './key-belonging.js';
import { type KeyEntity } from './key.entity.js';
import { hashOfIdentifier } from './key-hash.js';
import { requireRight } from './key-rights.js';
import { KeyStore, type KeyTurn } from './key-store.js';
import { toKeyView } from './key-view.js';

/** What a key has spent, before and after it was set anew; USD. */
export interface SpendResetView {
  readonly key_hash: string;
  readonly spend: number;
  readonly previous_spend: number;
  readonly max_budget: number | null;
  readonly budget_reset_at: string | null;
}

/** Lets keys off what they have spent; the rows of their calls stay as they are. */
@Injectable()
export class SpendReset {
  constructor(
    private readonly store: KeyStore,
    private readonly ledger: Ledger,
    private readonly totals: SpendTotals,
  ) {}

  /**
   * The budget of the key has room again, here and elsewhere; budgets of its user, its team and single models keep what
   * they have counted. @throws BadRequestError, NotFoundError, PermissionError, UnavailableError
   */
  async reset(
    identifier: string,
    resetTo: number | string | null | undefined,
    actor: Actor,
  ): Promise<SpendResetView> {
    const hash = hashOfIdentifier(requireKeyName(identifier));
    const keptPicoUsd = amountFrom(resetTo);
    // What was just spent here shall count as spent before.
    await this.ledger.drain();
    let view: SpendResetView | undefined;
    await this.store.write(actor, async (turn) => {
      const key = hash === null ? null : await turn.find(hash);
      if (!key) throw refuseUnknown(turn.minter);
      requireRight('reset_spend', key, turn.minter, await turn.above(key));
      const previous = await credit(turn, key, keptPicoUsd);
      view = viewOf(key, previous, keptPicoUsd);
      const spend = { before: usdText(previous), after: usdText(keptPicoUsd) };
      return [{ action: 'key.spend_reset', before: key, after: key, spend }];
    });
    if (!view) throw new Error('The spend was not reset');
    await this.totals.reload(`key:${view.key_hash}`);
    return view;
  }
}

async function credit({ manager }: KeyTurn, key: KeyEntity, keptPicoUsd: bigint): Promise<bigint> {
  const query = <Row>(sql: string, values: unknown[]): Promise<Row[]> => manager.query<Row[]>(sql, values);
  const scope = `key:${key.hash}`;
  const previous = await heldSpend(query, scope);
  requireWithin(keptPicoUsd, previous, 'the current spend');
  if (key.maxBudgetUsd !== null)
    requireWithin(keptPicoUsd, picoUsdFrom(key.maxBudgetUsd) ?? 0n, 'the budget of the key');
  await creditSpend(query, scope, keptPicoUsd);
  return previous;
}

function amountFrom(resetTo: number | string | null | undefined): bigint {
  const picoUsd = resetTo === undefined || resetTo === null || resetTo === '' ? null : picoUsdFrom(resetTo);
  if (picoUsd === null) throw new BadRequestError('`reset_to` must be an amount of USD.', 'reset_to');
  return picoUsd;
}

/** Spend is let off, not made up. */
function requireWithin(picoUsd: bigint, most: bigint, what: string): void {
  if (picoUsd <= most) return;
  throw new BadRequestError(
    `reset_to (${usdText(picoUsd)}) must be at most ${what} (${usdText(most)}).`,
    'reset_to',
  );
}

function viewOf(key: KeyEntity, previous: bigint, kept: bigint): SpendResetView {
  const { spend, max_budget, budget_reset_at } = toKeyView(key, kept);
  return { key_hash: key.hash, spend, previous_spend: usdNumber(previous), max_budget, budget_reset_at };
}
