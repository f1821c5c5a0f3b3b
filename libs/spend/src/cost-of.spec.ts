import { describe, expect, test } from '@jest/globals';
import { NO_PRICE, NO_USAGE, type Price, type Usage, usdText } from '@app/call';
import { costOf } from './cost-of.js';

const price = (changes: Partial<Price>): Price => ({ ...NO_PRICE, version: 'test', ...changes });
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

  describe('written to the prompt cache', () => {
    // Claude Sonnet's list price, USD for a million: 3, cached 0.30, written 3.75, written for an hour 6, output 15.
    const sonnet = price({
      inputPerTokenPicoUsd: 3_000_000n,
      outputPerTokenPicoUsd: 15_000_000n,
      cachedInputPerTokenPicoUsd: 300_000n,
      cacheWritePerTokenPicoUsd: 3_750_000n,
      cacheWriteHourPerTokenPicoUsd: 6_000_000n,
    });

    test('50 fresh, 1,800 read and 248 written tokens, 503 of answer: 0.009165 USD', () => {
      // 50 × 3 + 1,800 × 0.30 + 248 × 3.75 + 503 × 15 = 150 + 540 + 930 + 7,545 = 9,165 millionths of a USD.
      const counted = usage({
        promptTokens: 2_098,
        cachedTokens: 1_800,
        cacheWriteTokens: 248,
        completionTokens: 503,
      });
      expect(usdText(costOf(counted, sonnet))).toBe('0.009165');
    });

    test('what is written for an hour has its own price: 456 for five minutes, 100 for an hour, 0.00231 USD', () => {
      const counted = usage({ promptTokens: 556, cacheWriteTokens: 556, cacheWriteHourTokens: 100 });
      // 456 × 3.75 + 100 × 6 = 1,710 + 600.
      expect(usdText(costOf(counted, sonnet))).toBe('0.00231');
    });

    test('without its own price it costs as much as other writes, and those as much as the prompt', () => {
      const counted = usage({ promptTokens: 10, cacheWriteTokens: 4, cacheWriteHourTokens: 1 });
      const base = price({ inputPerTokenPicoUsd: 100n });
      expect(costOf(counted, base)).toBe(1_000n);
      expect(costOf(counted, { ...base, cacheWritePerTokenPicoUsd: 125n })).toBe(1_100n);
    });

    test('what is read and written is never more than the prompt', () => {
      const counted = usage({
        promptTokens: 10,
        cachedTokens: 8,
        cacheWriteTokens: 8,
        cacheWriteHourTokens: 99,
      });
      // 8 × 0.30 + 2 × 6 millionths.
      expect(usdText(costOf(counted, sonnet))).toBe('0.0000144');
    });
  });

  describe('prices by tiers', () => {
    // Gemini 2.5 Pro's list price, USD for a million: 1.25 and 10; above 200,000 tokens of prompt 2.50 and 15.
    const gemini = price({
      inputPerTokenPicoUsd: 1_250_000n,
      outputPerTokenPicoUsd: 10_000_000n,
      tiers: [
        {
          ...NO_PRICE,
          abovePromptTokens: 200_000,
          inputPerTokenPicoUsd: 2_500_000n,
          outputPerTokenPicoUsd: 15_000_000n,
        },
      ],
    });

    test.each([
      // 200,000 × 1.25 + 1,000 × 10 = 260,000 millionths.
      [200_000, '0.26'],
      // 200,001 × 2.50 + 1,000 × 15 = 500,002.5 + 15,000 millionths: the tier is for all tokens of the call.
      [200_001, '0.5150025'],
      // 300,000 × 2.50 + 1,000 × 15 = 765,000 millionths.
      [300_000, '0.765'],
    ])('a prompt of %i tokens and an answer of 1,000 cost %s USD', (promptTokens, usd) => {
      expect(usdText(costOf(usage({ promptTokens, completionTokens: 1_000 }), gemini))).toBe(usd);
    });

    test('what the cache had counts towards the tier', () => {
      const [tier] = gemini.tiers;
      const cached = {
        ...gemini,
        cachedInputPerTokenPicoUsd: 125_000n,
        tiers: tier ? [{ ...tier, cachedInputPerTokenPicoUsd: 250_000n }] : [],
      };
      // 10,000 × 2.50 + 240,000 × 0.25 = 85,000 millionths.
      expect(usdText(costOf(usage({ promptTokens: 250_000, cachedTokens: 240_000 }), cached))).toBe('0.085');
    });
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
      costOf(
        usage({ promptTokens: 1e6, completionTokens: 1e6, audioSeconds: 1e6, characters: 1e6 }),
        NO_PRICE,
      ),
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
        cacheWriteTokens: count,
        cacheWriteHourTokens: count,
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
        cacheWriteTokens: odd(),
        cacheWriteHourTokens: odd(),
        completionTokens: odd(),
        audioSeconds: odd(),
        characters: odd(),
      });
      const any = price({
        inputPerTokenPicoUsd: BigInt(Math.floor(odd())),
        cachedInputPerTokenPicoUsd: BigInt(Math.floor(odd())),
        cacheWritePerTokenPicoUsd: BigInt(Math.floor(odd())),
        cacheWriteHourPerTokenPicoUsd: BigInt(Math.floor(odd())),
        perSecondPicoUsd: BigInt(Math.floor(odd())),
      });
      const cost = costOf(counted, any);
      expect(cost >= 0n && cost < 10n ** 18n).toBe(true);
    }
  });
});
