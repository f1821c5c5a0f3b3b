import { type SelectionPolicy } from './selection-policy.js';
import { bySmallest } from './shuffle.js';

/** Fewest calls in flight first. */
export const leastBusy: SelectionPolicy = (candidates, { random }) =>
  bySmallest(candidates, ({ state }) => state.inFlight, random);
