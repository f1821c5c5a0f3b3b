import { type GatewayError, UpstreamError } from '@app/call';

/** What a failed attempt means for the next step of its call, and for the deployment that failed. */
export interface FailureJudgement {
  /** Whether another try may help; `elsewhere`: on another deployment only. */
  readonly retry: 'anywhere' | 'elsewhere' | 'never';
  /** `none`: the request is to blame; `at once`: no further call should go there for a while. */
  readonly blame: 'none' | 'counted' | 'at once';
  /** Which list of fallbacks applies; null: none. */
  readonly fallback: FallbackKind | null;
}

export type FallbackKind = 'general' | 'contextWindow' | 'contentPolicy';

/** Who waited so long for an error waited for a model to load: the next load would take as long. */
const LOAD_MS = 5_000;
const FAILED_LOAD = /unable to start process|unspecific error:|health check timed out/i;
const OVERFLOW = /maximum context length|context_length_exceeded|exceeds? the (?:available )?context/i;
const POLICY = /content_policy_violation|content_filter|responsible_?ai_?policy/i;

/**
 * @param tookMs from the start of the attempt to its failure
 */
export function judgeFailure(error: GatewayError, tookMs: number): FailureJudgement {
  if (!(error instanceof UpstreamError)) return { retry: 'never', blame: 'none', fallback: null };
  const { status, code, type, message, retryable } = error;
  if (status < 500 && [code, type, message].some((text) => OVERFLOW.test(text))) {
    return { retry: 'never', blame: 'none', fallback: 'contextWindow' };
  }
  if (status < 500 && [code, type, message].some((text) => POLICY.test(text))) {
    return { retry: 'never', blame: 'none', fallback: 'contentPolicy' };
  }
  if (status === 401) return { retry: 'elsewhere', blame: 'at once', fallback: 'general' };
  if (status === 403) return { retry: 'elsewhere', blame: 'none', fallback: 'general' };
  if (!retryable) return { retry: 'never', blame: 'none', fallback: 'general' };
  if (status === 429) return { retry: 'anywhere', blame: 'at once', fallback: 'general' };
  const isFailedLoad = status >= 500 && (tookMs >= LOAD_MS || FAILED_LOAD.test(message));
  return { retry: isFailedLoad ? 'elsewhere' : 'anywhere', blame: 'counted', fallback: 'general' };
}
