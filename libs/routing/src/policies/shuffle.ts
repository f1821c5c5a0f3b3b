import { simpleShuffle } from './simple-shuffle.js';
import { type Candidate, type SelectionPolicy } from './selection-policy.js';

/** At random, by the weights of the group. */
export const shuffle: SelectionPolicy = (candidates, { random }) => {
  const weights = candidates.some(({ member }) => member.weight !== null)
    ? candidates.map(({ member }) => member.weight ?? 0)
    : null;
  return simpleShuffle(candidates, weights, random);
};

/** Smallest first; at random among equals. */
export function bySmallest(
  candidates: readonly Candidate[],
  measure: (candidate: Candidate) => number,
  random: () => number,
): readonly Candidate[] {
  return simpleShuffle(candidates, null, random)
    .map((candidate) => ({ candidate, size: measure(candidate) }))
    .sort((a, b) => a.size - b.size)
    .map(({ candidate }) => candidate);
}
