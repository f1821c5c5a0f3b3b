import { type IncomingHttpHeaders } from 'node:http';
import { type Standing } from './standing.js';

/** What an upstream may say of its own limits. */
const GENERAL = [
  'x-ratelimit-limit-requests',
  'x-ratelimit-remaining-requests',
  'x-ratelimit-limit-tokens',
  'x-ratelimit-remaining-tokens',
] as const;
const AMOUNT = /^\d{1,15}$/;

/**
 * Adds the `x-ratelimit-*` headers of a call's answer: for each limit that binds it what it is and what is left, and
 * in general, where the upstream says nothing, the limit of which least is left.
 * @param standing of the call; null where nothing binds it
 * @param head name, value, name, value
 */
export function addRateHeaders(
  standing: Standing | null,
  head: string[],
  upstream: IncomingHttpHeaders = {},
): void {
  const general = standing ? addOwn(standing, head) : NONE;
  for (let index = 0; index < GENERAL.length; index += 1) {
    const name = GENERAL[index] ?? '';
    const value = upstream[name];
    const said = typeof value === 'string' && AMOUNT.test(value) ? value : general[index];
    if (said !== undefined) head.push(name, said);
  }
}

/** Values of {@link GENERAL}, in that order. */
type General = [string | undefined, string | undefined, string | undefined, string | undefined];

const NONE: Readonly<General> = [undefined, undefined, undefined, undefined];

function addOwn({ isSoft, entries }: Standing, head: string[]): Readonly<General> {
  if (isSoft) head.push('x-litellm-budget-rule', 'soft');
  const begin = head.length;
  const general: General = [...NONE];
  let requests: bigint | null = null;
  let tokens: bigint | null = null;
  for (const { gauge, pool } of entries) {
    const { kind, headers } = gauge;
    // Two tags, say, have limits of one name: the first is told.
    if (!headers || head.indexOf(headers.limit, begin) >= 0) continue;
    const left = pool.remaining();
    const text = String(left);
    head.push(headers.limit, headers.cap, headers.remaining, text);
    if (headers.keyLimit !== null) head.push(headers.keyLimit, headers.cap);
    if (headers.keyRemaining !== null) head.push(headers.keyRemaining, text);
    if (kind === 'requests' && (requests === null || left < requests)) {
      requests = left;
      [general[0], general[1]] = [headers.cap, text];
    } else if (kind === 'tokens' && (tokens === null || left < tokens)) {
      tokens = left;
      [general[2], general[3]] = [headers.cap, text];
    }
  }
  return general;
}
