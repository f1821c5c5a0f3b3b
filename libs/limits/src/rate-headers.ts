import { type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http';
import { type Call } from '@app/call';
import { type Standing } from './standing.js';
import { scopeName } from './refusals.js';

/** What each call that was admitted or refused is counted against, for the headers of its answer. */
const standings = new WeakMap<Call, Standing>();

export function noteStanding(call: Call, standing: Standing): void {
  standings.set(call, standing);
}

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

function addOwn(standing: Standing, headers: OutgoingHttpHeaders): void {
  if (standing.isSoft) headers['x-litellm-budget-rule'] = 'soft';
  const least: Record<string, bigint> = {};
  for (const { gauge, pool } of standing.entries) {
    const { kind, cap, rule } = gauge;
    if (kind === 'money') continue;
    const remaining = pool.remaining();
    const type = kind === 'parallel' ? 'max_parallel_requests' : kind;
    const scope = scopeName(gauge);
    headers[`x-ratelimit-${scope}-limit-${type}`] = String(cap);
    headers[`x-ratelimit-${scope}-remaining-${type}`] = String(remaining);
    if (rule.scope.startsWith('key:')) addKeyHeaders(headers, gauge.kind, { cap, remaining, rule });
    if (kind === 'parallel' || remaining >= (least[kind] ?? remaining + 1n)) continue;
    least[kind] = remaining;
    headers[`x-ratelimit-limit-${kind}`] = String(cap);
    headers[`x-ratelimit-remaining-${kind}`] = String(remaining);
  }
}

function addKeyHeaders(
  headers: OutgoingHttpHeaders,
  kind: string,
  { cap, remaining, rule }: { cap: bigint; remaining: bigint; rule: { model: string | null } },
): void {
  if (kind === 'parallel') return;
  if (rule.model === null)
    headers[`x-litellm-key-${kind === 'requests' ? 'rpm' : 'tpm'}-limit`] = String(cap);
  else if (HEADER_NAME.test(rule.model))
    headers[`x-litellm-key-remaining-${kind}-${rule.model}`] = String(remaining);
}

/** Model names that may stand in the name of a header. */
const HEADER_NAME = /^[\w.-]{1,80}$/;
