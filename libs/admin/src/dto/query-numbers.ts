import { BadRequestError, picoUsdFrom } from '@app/call';

const WHOLE = /^\d{1,9}$/;

export interface NumberRange {
  readonly min: number;
  readonly max: number;
  readonly fallback: number;
}

/** A whole number out of a query; empty is as good as absent. @throws BadRequestError naming the parameter */
export function readWhole(name: string, text: string | null | undefined, range: NumberRange): number {
  if (!text) return range.fallback;
  const number = WHOLE.test(text) ? Number(text) : Number.NaN;
  if (!(number >= range.min && number <= range.max)) {
    throw new BadRequestError(`${name} must be a whole number from ${range.min} to ${range.max}.`, name);
  }
  return number;
}

const MAX_PICO_USD = 10n ** 24n;

/** USD out of a query, in pico-dollars. @throws BadRequestError naming the parameter */
export function readAmount(name: string, text: string): bigint {
  const amount = picoUsdFrom(text);
  if (amount === null || amount < 0n || amount > MAX_PICO_USD) {
    throw new BadRequestError(`${name} must be an amount of USD that is not negative.`, name);
  }
  return amount;
}
