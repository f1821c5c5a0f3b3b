import { costBased } from './cost-based.js';
import { latencyBased } from './latency-based.js';
import { leastBusy } from './least-busy.js';
import { type SelectionPolicy } from './selection-policy.js';
import { shuffle } from './shuffle.js';
import { usageBased } from './usage-based.js';

const POLICIES: ReadonlyMap<string, SelectionPolicy> = new Map([
  ['simple-shuffle', shuffle],
  ['least-busy', leastBusy],
  ['usage-based-routing', usageBased],
  ['usage-based-routing-v2', usageBased],
  ['latency-based-routing', latencyBased],
  ['cost-based-routing', costBased],
]);

/** By the name of `router_settings.routing_strategy`. */
export const policyFor = (strategy: string): SelectionPolicy => POLICIES.get(strategy) ?? shuffle;
