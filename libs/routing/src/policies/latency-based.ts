import { type SelectionPolicy } from './selection-policy.js';
import { bySmallest } from './shuffle.js';

/** Quickest first by the mean of the last answers; who was never asked goes before all others. */
export const latencyBased: SelectionPolicy = (candidates, { random }) =>
  bySmallest(candidates, ({ state }) => state.latencyMs ?? -1, random);
