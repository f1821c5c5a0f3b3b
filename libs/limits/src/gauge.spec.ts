import { describe, expect, test } from '@jest/globals';
import { type LimitRule } from '@app/call';
import { aRule } from '@testing/call';
import { type Gauge, gaugesOf } from './gauge.js';
import { Pool, type PoolName } from './pool.js';
import { globalRules } from './global-rules.js';

const RULE = aRule({ maxBudgetPicoUsd: 10n });

function gaugesFor(changes: Partial<LimitRule>): { gauges: Gauge[]; names: PoolName[] } {
  const names: PoolName[] = [];
  const gauges = gaugesOf([{ ...RULE, ...changes }], (name, cap) => {
    names.push(name);
    return new Pool(name, cap, () => 0n);
  });
  return { gauges, names };
}

/** The windows that a budget has for calls at the given times. */
function windowsAt(changes: Partial<LimitRule>, times: readonly number[]): [number, number][] {
  const { gauges } = gaugesFor(changes);
  const [gauge] = gauges;
  if (!gauge) throw new Error('no gauge');
  return times.map((time) => {
    const { name } = gauge.meter.pool(gauge.cap, time);
    return [name.startsAtMs, name.endsAtMs];
  });
}

describe('the limits of a rule', () => {
  test('are told budgets first, then rates', () => {
    const all = { requestsPerMinute: 1, tokensPerMinute: 2, maxParallelRequests: 3 };
    expect(gaugesFor(all).gauges.map(({ kind }) => kind)).toEqual([
      'money',
      'parallel',
      'requests',
      'tokens',
    ]);
  });

  test('that are not set are not counted', () => {
    expect(gaugesFor({ maxBudgetPicoUsd: null }).gauges).toEqual([]);
  });

  test('find their pool once', () => {
    const { gauges, names } = gaugesFor({});
    for (let call = 0; call < 5; call += 1) gauges[0]?.meter.pool(10n, call);
    expect(names).toHaveLength(1);
  });
});

describe('the window of a budget', () => {
  const DAY_MS = 86_400_000;

  test('without a length is all time', () => {
    expect(windowsAt({}, [0])).toEqual([[Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]]);
  });

  test('begins with a whole second, as the ledger charges', () => {
    expect(windowsAt({ budgetDuration: '10s', budgetStartsAtMs: 1_234 }, [5_000])).toEqual([[1_000, 11_000]]);
  });

  test('ends with the month where it began on a day that the month does not have', () => {
    const startsAtMs = Date.UTC(2027, 0, 31);
    const [[start, end] = [0, 0]] = windowsAt({ budgetDuration: '1mo', budgetStartsAtMs: startsAtMs }, [
      Date.UTC(2028, 1, 29),
    ]);
    expect([new Date(start).toISOString(), new Date(end).toISOString()]).toEqual([
      '2028-02-29T00:00:00.000Z',
      '2028-03-31T00:00:00.000Z',
    ]);
  });

  test.each(['1s', '10s', '7m', '1h', '1d', '7d', '2w', '1mo', '3mo'])(
    'of %s holds its moment, and touches the next one, over thousands of moments with leap days and clock changes',
    (budgetDuration) => {
      let seed = 7;
      for (let round = 0; round < 2_000; round += 1) {
        seed = (seed * 1_103_515_245 + 12_345) & 0x7fff_ffff;
        const startsAtMs = Date.UTC(2024, seed % 12, 1 + (seed % 31), seed % 24);
        const atMs = startsAtMs + (seed % 4_000) * (DAY_MS / 4) + (seed % 1_000);
        const rule = { budgetDuration, budgetStartsAtMs: startsAtMs };
        const [[start, end] = [0, 0]] = windowsAt(rule, [atMs]);
        expect(start <= atMs && atMs < end).toBe(true);
        const [[next] = [0], [, before] = [0, 0]] = windowsAt(rule, [end, start - 1]);
        expect([next, before]).toEqual([end, start]);
      }
    },
  );
});

describe('the budget of the gateway', () => {
  test('is none where none is configured', () => {
    expect(globalRules({ maxBudgetPicoUsd: null, budgetDuration: '1d' })).toEqual([]);
  });

  test('begins anew at midnight, on Monday, on the first', () => {
    const [rule] = globalRules({ maxBudgetPicoUsd: 5n, budgetDuration: '7d' });
    const [[start] = [0]] = windowsAt({ ...rule }, [Date.UTC(2026, 10, 24, 12)]);
    expect(new Date(start).toUTCString()).toBe('Mon, 23 Nov 2026 00:00:00 GMT');
  });
});
