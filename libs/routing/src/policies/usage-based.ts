import { type SelectionPolicy } from './selection-policy.js';
import { bySmallest } from './shuffle.js';

/** Fewest tokens used in the current minute first; who is above a limit has been left out before. */
export const usageBased: SelectionPolicy = (candidates, { random, nowMs }) =>
  bySmallest(candidates, ({ state }) => state.tokensIn(nowMs), random);
