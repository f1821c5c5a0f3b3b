import { describe, expect, test } from '@jest/globals';
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
