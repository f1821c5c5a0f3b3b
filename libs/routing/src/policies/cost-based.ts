import { type SelectionPolicy } from './selection-policy.js';
import { bySmallest } from './shuffle.js';

/** Cheapest first, by the price of a prompt token and an answer token together; without a price it costs nothing. */
export const costBased: SelectionPolicy = (candidates, { random }) =>
  bySmallest(
    candidates,
    ({ member }) => {
      const { inputPerTokenPicoUsd, outputPerTokenPicoUsd } = member.deployment.price;
      return Number((inputPerTokenPicoUsd ?? 0n) + (outputPerTokenPicoUsd ?? 0n));
    },
    random,
  );
