/** What a PostgreSQL integer holds; no call comes near it. */
const MAX_COUNT = 2_147_483_647;

/** A count as it may enter money and rows: whole, not negative, bounded; anything odd is 0. */
export function countOf(value: number): number {
  if (!(value > 0)) return 0;
  return value >= MAX_COUNT ? MAX_COUNT : Math.floor(value);
}

/** Audio is charged and stored in whole milliseconds, so that a row can be recomputed exactly. */
export function audioMsOf(audioSeconds: number): number {
  return countOf(Math.round(audioSeconds * 1000));
}
