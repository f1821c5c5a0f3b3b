import { expect, test } from '@jest/globals';
import { picoUsdFrom, usdNumber, usdText } from './money.js';

test('amounts are read exactly, from numbers and from text', () => {
  expect(picoUsdFrom(0.1)).toBe(100_000_000_000n);
  expect(picoUsdFrom('1.5e-6')).toBe(1_500_000n);
  expect(picoUsdFrom(1e-7)).toBe(100_000n);
  expect(picoUsdFrom('100.00')).toBe(100_000_000_000_000n);
  expect(picoUsdFrom('-2')).toBe(-2_000_000_000_000n);
  expect(picoUsdFrom('.5')).toBe(500_000_000_000n);
});

test('digits beyond a pico-dollar are rounded half up', () => {
  expect(picoUsdFrom('0.0000000000015')).toBe(2n);
  expect(picoUsdFrom('0.0000000000014')).toBe(1n);
  expect(picoUsdFrom('1e-40')).toBe(0n);
});

test('what is no finite amount is null', () => {
  for (const odd of [NaN, Infinity, '', '.', 'abc', '1e999', '0x10', '1,5', '1 2', '--1']) {
    expect(picoUsdFrom(odd)).toBeNull();
  }
});

test('text and number round-trip', () => {
  for (const pico of [0n, 1n, 37_500_000n, 10n ** 12n, 123_456_789_012_345n, -5n]) {
    expect(picoUsdFrom(usdText(pico))).toBe(pico);
  }
  expect(usdText(37_500_000n)).toBe('0.0000375');
  expect(usdNumber(37_500_000n)).toBe(3.75e-5);
});

test('every digit of an amount is in its text, in the quick way and in the exact one', () => {
  const digitsOf = (pico: bigint): string => {
    const text = pico.toString().padStart(13, '0');
    return `${text.slice(0, -12)}.${text.slice(-12)}`.replace(/\.?0+$/, '');
  };
  let pico = 1n;
  for (let step = 0; step < 4_000; step += 1) {
    expect(usdText(pico)).toBe(digitsOf(pico));
    pico = (pico * 6_364_136_223_846_793_005n + 1_442_695_040_888_963_407n) % 10n ** BigInt(1 + (step % 17));
    if (pico === 0n) pico = 7n;
  }
  for (const edge of [10n ** 15n, 10n ** 15n - 1n, 10n ** 15n + 1n, 999_999_999_999n, 10n ** 13n]) {
    expect(usdText(edge)).toBe(digitsOf(edge));
  }
});
