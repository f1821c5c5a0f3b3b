import { type GatewayError } from '@app/call';

const SECONDS = /^\d{1,9}(?:\.\d{1,6})?$/;
/** Longer waits are not believed. */
const MAX_MS = 3_600_000;

/** When an upstream wants to be asked again: seconds or an HTTP date in `Retry-After`; null where it says nothing usable. */
export function retryAfterMsOf({ headers }: Pick<GatewayError, 'headers'>, now: Date): number | null {
  const text = headers['retry-after']?.trim();
  if (text === undefined) return null;
  const ms = SECONDS.test(text) ? Number(text) * 1_000 : dateMs(text) - now.getTime();
  return ms > 0 ? Math.min(ms, MAX_MS) : null;
}

/** NaN for what is no date: `Date.parse` alone takes `-5` for one. */
const dateMs = (text: string): number => (/^[A-Za-z]{3},/.test(text) ? Date.parse(text) : NaN);
