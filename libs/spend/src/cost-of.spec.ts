import { describe, expect, test } from '@jest/globals';
import { NO_USAGE, type Price, type Usage, usdText } from '@app/call';
import { costOf } from './cost-of.js';

const FREE: Price = {
  inputPerTokenPicoUsd: null,
  outputPerTokenPicoUsd: null,
  cachedInputPerTokenPicoUsd: null,
  perSecondPicoUsd: null,
  perCharacterPicoUsd: null,
  perRequestPicoUsd: null,
  version: 'test',
};
const price = (changes: Partial<Price>): Price => ({ ...FREE, ...changes });
const usage = (changes: Partial<Usage>): Usage => ({ ...NO_USAGE, ...changes });
const TOKENS = price({ inputPerTokenPicoUsd: 1_500_000n, outputPerTokenPicoUsd: 2_000_000n });

describe('the cost of a call', () => {
  test('9 and 12 tokens at 1.5e-6 and 2e-6 USD cost 3.75e-5 USD', () => {
    expect(usdText(costOf(usage({ promptTokens: 9, completionTokens: 12 }), TOKENS))).toBe('0.0000375');
  });

  test('cached tokens are part of the prompt and have a price of their own', () => {
    const cached = price({ inputPerTokenPicoUsd: 100n, cachedInputPerTokenPicoUsd: 10n });
    expect(costOf(usage({ promptTokens: 10, cachedTokens: 4 }), cached)).toBe(640n);
  });

  test('cached tokens without a price of their own cost as much as others', () => {
    expect(costOf(usage({ promptTokens: 10, cachedTokens: 4 }), TOKENS)).toBe(15_000_000n);
  });

  test('more cached tokens than the prompt has count as the whole prompt', () => {
    const cached = price({ inputPerTokenPicoUsd: 100n, cachedInputPerTokenPicoUsd: 10n });
    expect(costOf(usage({ promptTokens: 10, cachedTokens: 99 }), cached)).toBe(100n);
  });

  test('reasoning tokens are part of the completion and are not charged twice', () => {
    const counted = usage({ completionTokens: 12, reasoningTokens: 10 });
    expect(costOf(counted, TOKENS)).toBe(costOf(usage({ completionTokens: 12 }), TOKENS));
  });

  test('audio is charged by the millisecond, fractions of a pico-dollar half up', () => {
    const audio = price({ perSecondPicoUsd: 100_000_001n });
    expect(costOf(usage({ audioSeconds: 2.5 }), audio)).toBe(250_000_003n);
    expect(costOf(usage({ audioSeconds: 0.0004 }), audio)).toBe(0n);
  });

  test('characters and the request itself have their prices', () => {
    const speech = price({ perCharacterPicoUsd: 15_000_000n, perRequestPicoUsd: 7n });
    expect(costOf(usage({ characters: 3 }), speech)).toBe(45_000_007n);
  });

  test('without prices it is nothing', () => {
    expect(
      costOf(usage({ promptTokens: 1e6, completionTokens: 1e6, audioSeconds: 1e6, characters: 1e6 }), FREE),
    ).toBe(0n);
  });

  test('explicit zeros are charged as zero', () => {
    expect(costOf(usage({ promptTokens: 0, completionTokens: 0 }), TOKENS)).toBe(0n);
  });

  test.each([Number.NaN, -1, -0, -1e308, Number.NEGATIVE_INFINITY, undefined, null, '12x', {}])(
    'a count of %p charges nothing',
    (odd) => {
      const count = odd as number;
      const all = usage({
        promptTokens: count,
        cachedTokens: count,
        completionTokens: count,
        audioSeconds: count,
        characters: count,
      });
      const dear = price({ ...TOKENS, perSecondPicoUsd: 1n, perCharacterPicoUsd: 1n });
      expect(costOf(all, dear)).toBe(0n);
    },
  );

  test.each([1e308, 2 ** 63, Number.POSITIVE_INFINITY])(
    'a count of %p stays below a million dollars',
    (odd) => {
      const cost = costOf(usage({ promptTokens: odd, completionTokens: odd, audioSeconds: odd }), {
        ...TOKENS,
        inputPerTokenPicoUsd: 10n ** 12n,
        perSecondPicoUsd: 10n ** 12n,
      });
      expect(cost).toBe(10n ** 18n - 1n);
    },
  );

  test('a negative price charges nothing', () => {
    expect(costOf(usage({ promptTokens: 5 }), price({ inputPerTokenPicoUsd: -1n }))).toBe(0n);
  });

  test('a million calls of 1e-7 USD cost exactly a tenth of a dollar', () => {
    const one = costOf(usage({ promptTokens: 1 }), price({ inputPerTokenPicoUsd: 100_000n }));
    let sum = 0n;
    for (let index = 0; index < 1_000_000; index++) sum += one;
    expect(usdText(sum)).toBe('0.1');
  });

  test('the parts of any split cost as much as the whole', () => {
    for (let round = 0; round < 500; round++) {
      const whole = Math.floor(Math.random() * 1e6);
      const part = Math.floor(Math.random() * whole);
      const perToken = price({ inputPerTokenPicoUsd: BigInt(Math.floor(Math.random() * 1e9)) });
      const cost = (tokens: number) => costOf(usage({ promptTokens: tokens }), perToken);
      expect(cost(part) + cost(whole - part)).toBe(cost(whole));
    }
  });

  test('any counts and prices give a whole amount that is not negative', () => {
    const odd = () => (Math.random() - 0.3) * 10 ** Math.floor(Math.random() * 20);
    for (let round = 0; round < 2_000; round++) {
      const counted = usage({
        promptTokens: odd(),
        cachedTokens: odd(),
        completionTokens: odd(),
        audioSeconds: odd(),
        characters: odd(),
      });
      const any = price({
        inputPerTokenPicoUsd: BigInt(Math.floor(odd())),
        cachedInputPerTokenPicoUsd: BigInt(Math.floor(odd())),
        perSecondPicoUsd: BigInt(Math.floor(odd())),
      });
      const cost = costOf(counted, any);
      expect(cost >= 0n && cost < 10n ** 18n).toBe(true);
    }
  });
});
