/**
 * Puts items into a random order in which the chance to come first is proportional to the weight, and so on for each
 * further place. Weights of 0 come last. Null: all alike.
 * @param random gives numbers from 0 up to, but not including, 1
 */
export function simpleShuffle<T>(
  items: readonly T[],
  weights: readonly number[] | null,
  random: () => number,
): readonly T[] {
  if (items.length < 2) return items;
  // The smallest of exponentially distributed numbers belongs to each with the probability of its rate.
  return items
    .map((item, index) => ({ item, arrival: -Math.log(1 - random()) / (weights?.[index] ?? 1) }))
    .sort((a, b) => a.arrival - b.arrival || 0)
    .map(({ item }) => item);
}
