/** Money is counted in whole pico-dollars (1e-12 USD), so that sums are exact. */
export const PICO_PER_USD = 1_000_000_000_000n;

const MAX_SMALL = 1e15;
const ZERO = 0x30;
const POINT = 0x2e;
const MAX_EXACT = BigInt(Number.MAX_SAFE_INTEGER);

const DECIMAL = /^(-?)(\d*)(?:\.(\d*))?(?:e([+-]?\d{1,3}))?$/i;

/**
 * Reads a USD amount exactly, without passing through a float: `"0.1"` is 100,000,000,000 pico-dollars.
 * Digits beyond 1e-12 USD are rounded half up. A number is read by its shortest decimal form.
 * Returns null for anything that is no finite decimal number.
 */
export function picoUsdFrom(amount: number | string): bigint | null {
  const match = DECIMAL.exec(String(amount).trim());
  if (!match) return null;
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = match;
  if (whole === '' && fraction === '') return null;
  const shift = 12 + Number(exponent) - fraction.length;
  if (shift > 60) return null;
  const digits = BigInt(whole + fraction);
  const scaled = shift >= 0 ? digits * 10n ** BigInt(shift) : divideHalfUp(digits, 10n ** BigInt(-shift));
  return sign === '-' ? -scaled : scaled;
}

function divideHalfUp(amount: bigint, divisor: bigint): bigint {
  return (amount * 2n + divisor) / (divisor * 2n);
}

/** The exact decimal text of an amount in USD, without trailing zeros: `37500000n` is `"0.0000375"`. */
export function usdText(picoUsd: bigint): string {
  if (picoUsd === 0n) return '0';
  const small = Number(picoUsd);
  if (small > 0 && small <= MAX_SMALL) return smallUsdText(small);
  const negative = picoUsd < 0n;
  const digits = (negative ? -picoUsd : picoUsd).toString().padStart(13, '0');
  const fraction = digits.slice(-12).replace(/0+$/, '');
  return `${negative ? '-' : ''}${digits.slice(0, -12)}${fraction === '' ? '' : `.${fraction}`}`;
}

/** Of up to 1,000 USD, whose twelve digits a double holds: half of the time. */
function smallUsdText(picoUsd: number): string {
  const digits = (picoUsd / 1e12).toFixed(12);
  let end = digits.length;
  while (digits.charCodeAt(end - 1) === ZERO) end -= 1;
  if (digits.charCodeAt(end - 1) === POINT) end -= 1;
  return digits.slice(0, end);
}

/** USD as a JSON number, for wire formats that demand one; exact to 15 significant digits. */
export function usdNumber(picoUsd: bigint): number {
  // Both are exact as doubles, so that the quotient is the double nearest to the amount: what the text would be read as.
  if (picoUsd <= MAX_EXACT && picoUsd >= -MAX_EXACT) return Number(picoUsd) / 1e12;
  return Number(usdText(picoUsd));
}
