import { type PlannedDeployment } from './compile-models.js';

/**
 * `simple-shuffle`: a random order in which each deployment comes first with the share of its weight, else of its
 * rpm, else of its tpm, whichever the first one defines.
 * @param random gives numbers from 0 up to, not including, 1
 */
export function orderCandidates(
  candidates: readonly PlannedDeployment[],
  random: () => number,
): readonly PlannedDeployment[] {
  if (candidates.length < 2) return candidates;
  const shareOf = shares(candidates[0]);
  const rest = [...candidates];
  const ordered: PlannedDeployment[] = [];
  while (rest.length > 0) {
    const [chosen] = rest.splice(draw(rest.map(shareOf), random()), 1);
    if (chosen) ordered.push(chosen);
  }
  return ordered;
}

function shares(first: PlannedDeployment | undefined): (deployment: PlannedDeployment) => number {
  if (first?.weight != null) return ({ weight }) => weight ?? 0;
  if (first?.rpm != null) return ({ rpm }) => rpm ?? 0;
  if (first?.tpm != null) return ({ tpm }) => tpm ?? 0;
  return () => 1;
}

function draw(weights: readonly number[], random: number): number {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  if (total <= 0) return Math.floor(random * weights.length);
  let left = random * total;
  for (const [index, weight] of weights.entries()) {
    left -= weight;
    if (left < 0) return index;
  }
  return weights.length - 1;
}
