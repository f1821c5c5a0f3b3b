import { describe, expect, test } from '@jest/globals';
import { BudgetExceededError, type Call, type Caller, PICO_PER_USD } from '@app/call';
import { type SpendTotals } from '@app/spend';
import { aCall, aCaller, anOutcome } from '@testing/call';
import { LimitsService, type Permit } from './limits.service.js';

/** Totals as the ledger keeps them: known at once, or after the database has answered. */
class Totals {
  readonly spent = new Map<string, bigint>();
  known = true;

  spentPicoUsd(scope: string): bigint | Promise<bigint> {
    const picoUsd = this.spent.get(scope) ?? 0n;
    return this.known ? picoUsd : Promise.resolve(picoUsd);
  }
}

const CENT = PICO_PER_USD / 100n;
const KEY = 'cd'.repeat(32);
const SCOPE = `key:${KEY}`;

function aService(): { limits: LimitsService; totals: Totals } {
  const totals = new Totals();
  return { limits: new LimitsService(totals as unknown as SpendTotals), totals };
}

const aBudgetCall = (maxBudgetPicoUsd: bigint | null, caller: Partial<Caller> = {}): Call =>
  aCall({ caller: aCaller({ keyHash: KEY, maxBudgetPicoUsd, ...caller }) });

function admitNow(limits: LimitsService, call: Call, bound: bigint): Permit {
  const permit = limits.admit(call, bound);
  if (permit instanceof Promise) throw new Error('admission waited');
  return permit;
}

describe('the budget of a key', () => {
  test('admits below it and refuses as soon as spend reaches it', () => {
    const { limits, totals } = aService();
    totals.spent.set(SCOPE, CENT - 1n);
    admitNow(limits, aBudgetCall(CENT), 0n).settle(anOutcome());
    totals.spent.set(SCOPE, CENT);
    expect(() => admitNow(limits, aBudgetCall(CENT), 0n)).toThrow(BudgetExceededError);
  });

  test('of zero refuses the first call', () => {
    expect(() => aService().limits.admit(aBudgetCall(0n), 1n)).toThrow(
      'Budget has been exceeded! Current cost: 0, Max budget: 0',
    );
  });

  test('that there is none of is never exceeded', () => {
    const { limits, totals } = aService();
    totals.spent.set(SCOPE, 10n ** 24n);
    admitNow(limits, aBudgetCall(null), 10n ** 24n).settle(anOutcome());
  });

  test('does not bind the master key', () => {
    const { limits, totals } = aService();
    totals.spent.set(SCOPE, CENT);
    admitNow(limits, aBudgetCall(0n, { kind: 'master' }), CENT).settle(anOutcome());
  });

  test('counts what running calls may still cost', () => {
    const { limits } = aService();
    admitNow(limits, aBudgetCall(CENT), CENT);
    expect(() => limits.admit(aBudgetCall(CENT), 1n)).toThrow('Running calls may cost 0.01 more');
  });

  test('has room again when a call has cost less than it might', () => {
    const { limits, totals } = aService();
    const permit = admitNow(limits, aBudgetCall(CENT), CENT);
    totals.spent.set(SCOPE, CENT / 2n);
    permit.settle(anOutcome());
    admitNow(limits, aBudgetCall(CENT), CENT).settle(anOutcome());
  });

  test('is given back once, however often a call is settled', () => {
    const { limits } = aService();
    const first = admitNow(limits, aBudgetCall(CENT), CENT / 2n);
    admitNow(limits, aBudgetCall(CENT), CENT / 2n);
    for (let times = 0; times < 3; times++) first.settle(anOutcome());
    admitNow(limits, aBudgetCall(CENT), CENT / 2n);
    expect(() => admitNow(limits, aBudgetCall(CENT), 0n)).toThrow(BudgetExceededError);
  });

  test('of one key is not touched by another key', () => {
    const { limits } = aService();
    admitNow(limits, aBudgetCall(CENT), CENT);
    admitNow(limits, aBudgetCall(CENT, { keyHash: 'ef'.repeat(32) }), CENT).settle(anOutcome());
  });

  test('that was lowered below the spend refuses the next call, and raised admits it', () => {
    const { limits, totals } = aService();
    totals.spent.set(SCOPE, CENT);
    expect(() => limits.admit(aBudgetCall(CENT / 2n), 0n)).toThrow(BudgetExceededError);
    admitNow(limits, aBudgetCall(CENT * 2n), 0n).settle(anOutcome());
  });

  test('is asked for with 429 that no SDK retries, with exact amounts', () => {
    const { limits, totals } = aService();
    totals.spent.set(SCOPE, 37_500_000n);
    try {
      admitNow(limits, aBudgetCall(100_000n), 1n);
      throw new Error('admitted');
    } catch (error) {
      expect(error).toMatchObject({
        status: 429,
        type: 'budget_exceeded',
        headers: { 'x-should-retry': 'false' },
        message: 'Budget has been exceeded! Current cost: 0.0000375, Max budget: 0.0000001',
      });
    }
  });
});

describe('calls that arrive together', () => {
  test.each([true, false])('are admitted for as much as there is, spend known at once: %s', async (known) => {
    const { limits, totals } = aService();
    totals.known = known;
    const admissions = Array.from({ length: 500 }, async () => limits.admit(aBudgetCall(CENT), CENT / 100n));
    const settled = await Promise.allSettled(admissions);
    expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(100);
    for (const one of settled)
      if (one.status === 'rejected') expect(one.reason).toBeInstanceOf(BudgetExceededError);
  });

  test('a database that is away refuses with its own error and reserves nothing', async () => {
    const { limits, totals } = aService();
    totals.spentPicoUsd = () => Promise.reject(new Error('away'));
    await expect(limits.admit(aBudgetCall(CENT), CENT)).rejects.toThrow('away');
    totals.spentPicoUsd = () => 0n;
    admitNow(limits, aBudgetCall(CENT), CENT).settle(anOutcome());
  });
});

test('spend never passes the budget by more than one call may cost, for thousands of random histories', () => {
  let seed = 11;
  const random = (below: number): number => {
    seed = (seed * 1_103_515_245 + 12_345) & 0x7fff_ffff;
    return (seed >> 8) % below;
  };
  for (let history = 0; history < 500; history++) {
    const { limits, totals } = aService();
    const budget = BigInt(1 + random(1000));
    const running: { permit: Permit; bound: bigint }[] = [];
    let spent = 0n;
    for (let step = 0; step < 40; step++) {
      if (random(2) === 0 || running.length === 0) {
        const bound = BigInt(random(100));
        try {
          running.push({ permit: admitNow(limits, aBudgetCall(budget), bound), bound });
        } catch (error) {
          expect(error).toBeInstanceOf(BudgetExceededError);
          const reserved = running.reduce((sum, call) => sum + call.bound, 0n);
          expect(spent + reserved >= budget).toBe(true);
        }
      } else {
        const [call] = running.splice(random(running.length), 1);
        spent += call ? (call.bound * BigInt(random(101))) / 100n : 0n;
        totals.spent.set(SCOPE, spent);
        call?.permit.settle(anOutcome());
      }
    }
    expect(spent < budget + 100n).toBe(true);
  }
});
