import { type Call, type Deployment } from '@app/call';

export interface AttemptDeadlines {
  readonly totalMs: number;
  /** A whole answer comes at once, at the end: only a stream has a first byte worth waiting for. */
  readonly firstAnswerMs: number;
}

/**
 * What the client allows wins over what the deployment allows.
 * @param leftMs of the client's own time; Infinity where it set none
 */
export function deadlinesOf(call: Call, { timeouts }: Deployment, leftMs: number): AttemptDeadlines {
  const totalMs = call.timeoutMs === null ? timeouts.totalMs : leftMs;
  if (!call.stream) return { totalMs, firstAnswerMs: totalMs };
  const wished = call.wishes?.streamTimeoutMs ?? null;
  const firstMs = wished ?? (call.timeoutMs === null ? timeouts.firstByteMs : leftMs);
  return { totalMs, firstAnswerMs: Math.min(firstMs, totalMs) };
}
