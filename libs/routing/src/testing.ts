import { aConfigStore } from '@testing/config';
import { RoutingService } from './routing.service.js';

type ConfigChanges = Parameters<typeof aConfigStore>[0];

/** Metrics that hear of names and forget them. */
export const NO_LABELS = { replace: (): void => undefined };

/** Routing over a configuration that needs no file. Random choices are 0 unless told otherwise: the first comes first. */
export function aRoutingService(changes: ConfigChanges = {}, random: () => number = () => 0): RoutingService {
  return new RoutingService(aConfigStore(changes), NO_LABELS, random);
}

/** Numbers from 0 up to 1 that are the same in every run. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
