import { Injectable } from '@nestjs/common';
import { BudgetExceededError, type Call, type Outcome, usdText } from '@app/call';
import { SpendTotals } from '@app/spend';
import { Reservations } from './reservations.js';

/** The right to run one call. It ends with `settle`, exactly once whatever happens; more often does no harm. */
export interface Permit {
  /** Gives back what was reserved; to be called once the ledger has counted the cost. */
  settle(outcome: Outcome): void;
}

const UNLIMITED: Permit = Object.freeze({ settle: () => undefined });

/** Admits calls as long as there is money for them. */
@Injectable()
export class LimitsService {
  private readonly reservations = new Reservations();

  constructor(private readonly totals: SpendTotals) {}

  /**
   * Reserves what the call may cost. Decides without waiting where the totals are known, so that calls that
   * arrive together see each other.
   * @param boundPicoUsd the most that the call can cost
   * @throws BudgetExceededError once spend and reservations reach the budget of the key; UnavailableError
   * when the spend is not known and the database is away
   */
  admit(call: Call, boundPicoUsd: bigint): Permit | Promise<Permit> {
    const { kind, keyHash, maxBudgetPicoUsd } = call.caller;
    if (kind !== 'key' || maxBudgetPicoUsd === null) return UNLIMITED;
    const scope = `key:${keyHash}`;
    const spent = this.totals.spentPicoUsd(scope);
    if (typeof spent === 'bigint') return this.take(scope, spent, maxBudgetPicoUsd, boundPicoUsd);
    return spent.then((picoUsd) => this.take(scope, picoUsd, maxBudgetPicoUsd, boundPicoUsd));
  }

  private take(scope: string, spent: bigint, budget: bigint, bound: bigint): Permit {
    const reserved = this.reservations.heldPicoUsd(scope);
    if (spent + reserved >= budget) throw new BudgetExceededError(refusal(spent, reserved, budget));
    const release = this.reservations.take(scope, bound);
    return { settle: release };
  }
}

function refusal(spent: bigint, reserved: bigint, budget: bigint): string {
  const balance = `Current cost: ${usdText(spent)}, Max budget: ${usdText(budget)}`;
  const running = spent < budget ? `. Running calls may cost ${usdText(reserved)} more` : '';
  return `Budget has been exceeded! ${balance}${running}`;
}
