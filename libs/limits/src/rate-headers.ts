import { type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http';
import { type Call, type LimitNote } from '@app/call';
import { type Gauge } from './gauge.js';
import { scopeName } from './refusals.js';
import { type Standing } from './standing.js';

/** What each call that was admitted or refused is counted against, for the headers of its answer. */
const standings = new WeakMap<Call, Standing>();

export function noteStanding(call: Call, standing: Standing): void {
  standings.set(call, standing);
}

/** The limits of a call that was let in or turned away by them; null where nothing binds it. */
export const limitNoteOf = (call: Call): LimitNote | null => standings.get(call)?.note ?? null;

/**
 * Adds the `x-ratelimit-*` headers of a call's answer: for each limit that binds it what it is and what is left, and
 * in general, where the upstream says nothing, the limit of which least is left.
 */
export function addRateHeaders(
  call: Call,
  headers: OutgoingHttpHeaders,
  upstream: IncomingHttpHeaders = {},
): void {
  const standing = standings.get(call);
  if (standing) addOwn(standing, headers);
  for (const name of GENERAL) {
    const value = upstream[name];
    if (typeof value === 'string' && AMOUNT.test(value)) headers[name] = value;
  }
}

/** What an upstream may say of its own limits. */
const GENERAL = [
  'x-ratelimit-limit-requests',
  'x-ratelimit-remaining-requests',
  'x-ratelimit-limit-tokens',
  'x-ratelimit-remaining-tokens',
] as const;
const AMOUNT = /^\d{1,15}$/;

/** The headers of one limit, worked out once for each rule; null where there are none. */
interface Names {
  readonly limit: string;
  readonly remaining: string;
  readonly cap: string;
  /** LiteLLM's older names for limits of a key. */
  readonly keyLimit: string | null;
  readonly keyRemaining: string | null;
}

const names = new WeakMap<Gauge, Names>();

function addOwn({ isSoft, entries }: Standing, headers: OutgoingHttpHeaders): void {
  if (isSoft) headers['x-litellm-budget-rule'] = 'soft';
  let requests: bigint | null = null;
  let tokens: bigint | null = null;
  for (const { gauge, pool } of entries) {
    const { kind } = gauge;
    if (kind === 'money') continue;
    let known = names.get(gauge);
    if (!known) names.set(gauge, (known = namesOf(gauge)));
    const left = pool.remaining();
    const text = String(left);
    headers[known.limit] = known.cap;
    headers[known.remaining] = text;
    if (known.keyLimit !== null) headers[known.keyLimit] = known.cap;
    if (known.keyRemaining !== null) headers[known.keyRemaining] = text;
    if (kind === 'requests' && (requests === null || left < requests)) {
      requests = left;
      headers['x-ratelimit-limit-requests'] = known.cap;
      headers['x-ratelimit-remaining-requests'] = text;
    } else if (kind === 'tokens' && (tokens === null || left < tokens)) {
      tokens = left;
      headers['x-ratelimit-limit-tokens'] = known.cap;
      headers['x-ratelimit-remaining-tokens'] = text;
    }
  }
}

/** Model names that may stand in the name of a header. */
const HEADER_NAME = /^[\w.-]{1,80}$/;

function namesOf(gauge: Gauge): Names {
  const { kind, cap, rule } = gauge;
  const type = kind === 'parallel' ? 'max_parallel_requests' : kind;
  const scope = scopeName(gauge);
  const isKey = rule.scope.startsWith('key:') && kind !== 'parallel';
  const isNamed = isKey && rule.model !== null && HEADER_NAME.test(rule.model);
  return {
    limit: `x-ratelimit-${scope}-limit-${type}`,
    remaining: `x-ratelimit-${scope}-remaining-${type}`,
    cap: String(cap),
    keyLimit:
      isKey && rule.model === null ? `x-litellm-key-${kind === 'requests' ? 'rpm' : 'tpm'}-limit` : null,
    keyRemaining: isNamed ? `x-litellm-key-remaining-${kind}-${rule.model}` : null,
  };
}
