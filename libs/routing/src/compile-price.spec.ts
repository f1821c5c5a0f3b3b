import { describe, expect, test } from '@jest/globals';
import { tokenPricesOf } from '@app/call';
import { compilePrice } from './compile-price.js';

describe('prices', () => {
  test('USD per unit become whole pico-dollars, exactly', () => {
    const { price } = compilePrice({
      input_cost_per_token: '1.5e-6',
      output_cost_per_token: '0.000002',
      cache_read_input_token_cost: '3e-7',
      input_cost_per_second: '0.0001',
      input_cost_per_character: '0.000015',
      input_cost_per_query: '0.005',
    });
    expect(price).toMatchObject({
      inputPerTokenPicoUsd: 1_500_000n,
      outputPerTokenPicoUsd: 2_000_000n,
      cachedInputPerTokenPicoUsd: 300_000n,
      perSecondPicoUsd: 100_000_000n,
      perCharacterPicoUsd: 15_000_000n,
      perRequestPicoUsd: 5_000_000_000n,
    });
  });

  test('what is written to a prompt cache has its price, and another one for an hour', () => {
    const { price, unused } = compilePrice({
      cache_creation_input_token_cost: '3.75e-6',
      cache_creation_input_token_cost_above_1hr: '0.000006',
    });
    expect([price.cacheWritePerTokenPicoUsd, price.cacheWriteHourPerTokenPicoUsd, unused]).toEqual([
      3_750_000n,
      6_000_000n,
      [],
    ]);
  });

  describe('tiers', () => {
    const prices = {
      input_cost_per_token: '1.25e-6',
      output_cost_per_token: '1e-5',
      cache_read_input_token_cost: '1.25e-7',
      input_cost_per_token_above_128k_tokens: '2e-6',
      input_cost_per_token_above_200k_tokens: '2.5e-6',
      output_cost_per_token_above_200k_tokens: '1.5e-5',
    };

    test('begin above so many tokens of the prompt, and keep what they do not name', () => {
      const { price, unused } = compilePrice(prices);
      expect(unused).toEqual([]);
      expect(price.tiers).toMatchObject([
        {
          abovePromptTokens: 200_000,
          inputPerTokenPicoUsd: 2_500_000n,
          outputPerTokenPicoUsd: 15_000_000n,
          cachedInputPerTokenPicoUsd: 125_000n,
        },
        {
          abovePromptTokens: 128_000,
          inputPerTokenPicoUsd: 2_000_000n,
          outputPerTokenPicoUsd: 10_000_000n,
        },
      ]);
      expect(tokenPricesOf(price, 128_000)).toMatchObject({ inputPerTokenPicoUsd: 1_250_000n });
      expect(tokenPricesOf(price, 128_001)).toMatchObject({ inputPerTokenPicoUsd: 2_000_000n });
      expect(tokenPricesOf(price, 200_001)).toMatchObject({ inputPerTokenPicoUsd: 2_500_000n });
    });

    test('of the hour of a prompt cache are told apart from the hour', () => {
      const { price } = compilePrice({
        cache_creation_input_token_cost_above_1hr: '6e-6',
        cache_creation_input_token_cost_above_1hr_above_200k_tokens: '1.2e-5',
      });
      expect([price.cacheWriteHourPerTokenPicoUsd, price.tiers[0]?.cacheWriteHourPerTokenPicoUsd]).toEqual([
        6_000_000n,
        12_000_000n,
      ]);
    });

    test('are part of the version', () => {
      const one = compilePrice(prices).price.version;
      expect(
        compilePrice({ ...prices, input_cost_per_token_above_200k_tokens: '3e-6' }).price.version,
      ).not.toBe(one);
      expect(
        compilePrice({ ...prices, input_cost_per_token_above_200k_tokens: '0.0000025' }).price.version,
      ).toBe(one);
    });

    test('that are no amount are no tiers, and of a price that has none they are unused', () => {
      const { price, unused } = compilePrice({
        input_cost_per_token_above_200k_tokens: 'NaN',
        output_cost_per_image_above_200k_tokens: '1',
      });
      expect([price.tiers, price.version, unused]).toEqual([
        [],
        'unpriced',
        ['output_cost_per_image_above_200k_tokens'],
      ]);
    });
  });

  test('what has no price is free and says so', () => {
    expect(compilePrice({}).price).toMatchObject({ inputPerTokenPicoUsd: null, version: 'unpriced' });
  });

  test('a price of zero is a price', () => {
    const { price } = compilePrice({ input_cost_per_token: '0' });
    expect(price.inputPerTokenPicoUsd).toBe(0n);
    expect(price.version).not.toBe('unpriced');
  });

  test('an amount below zero or no amount at all is no price', () => {
    expect(compilePrice({ input_cost_per_token: '-1', output_cost_per_token: 'NaN' }).price.version).toBe(
      'unpriced',
    );
  });

  test('the version names the amounts, however and in which order they are written', () => {
    const version = (prices: Record<string, string>): string => compilePrice(prices).price.version;
    const written = version({ input_cost_per_token: '0.0000015', output_cost_per_token: '2e-6' });
    expect(version({ output_cost_per_token: '0.000002', input_cost_per_token: '1.5e-6' })).toBe(written);
    expect(version({ output_cost_per_token: '1.5e-6', input_cost_per_token: '2e-6' })).not.toBe(written);
    expect(written).toMatch(/^[0-9a-f]{12}$/);
  });

  test('prices that nothing is charged by are named', () => {
    expect(compilePrice({ output_cost_per_image: '0.04', input_cost_per_token: '1' }).unused).toEqual([
      'output_cost_per_image',
    ]);
  });
});
