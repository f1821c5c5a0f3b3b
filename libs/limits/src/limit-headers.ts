import { type LimitRule } from '@app/call';
import { type PoolKind } from './pool.js';
import { scopeName } from './scope-name.js';

/** The headers of one limit, worked out once for each rule. */
export interface LimitHeaders {
  readonly limit: string;
  readonly remaining: string;
  readonly cap: string;
  /** LiteLLM's older names for limits of a key. */
  readonly keyLimit: string | null;
  readonly keyRemaining: string | null;
}

/** Model names that may stand in the name of a header. */
const HEADER_NAME = /^[\w.-]{1,80}$/;

/** Null for budgets: what is left of them is told in other headers. */
export function limitHeadersOf(rule: LimitRule, kind: PoolKind, cap: bigint): LimitHeaders | null {
  if (kind === 'money') return null;
  const type = kind === 'parallel' ? 'max_parallel_requests' : kind;
  const scope = scopeName(rule);
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
