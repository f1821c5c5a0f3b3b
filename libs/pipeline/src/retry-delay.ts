const FIRST_MS = 500;
const LONGEST_MS = 8_000;
/** A client does not wait longer than this for another try; the error tells it when to come back. */
const LONGEST_ASKED_MS = 60_000;

/**
 * How long to wait before the same deployment is asked again: what it asked for, else a random part ("full jitter")
 * of 0.5 s, 1 s, 2 s … 8 s. Null: it asked for longer than anybody waits.
 * @param retry 0 for the first
 * @param random gives numbers from 0 up to, but not including, 1
 */
export function retryDelayMs(retry: number, askedMs: number | null, random: () => number): number | null {
  if (askedMs !== null) return askedMs <= LONGEST_ASKED_MS ? askedMs : null;
  return random() * Math.min(LONGEST_MS, FIRST_MS * 2 ** retry);
}
