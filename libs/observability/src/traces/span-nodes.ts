import { type AttributeValue } from '@opentelemetry/api';
import { createHash } from 'node:crypto';
import { type Call, spanIdOf, traceIdOf, traceparentOf } from '@app/call';

export type SpanAttributes = Record<string, AttributeValue | undefined>;

/** One span, before it is made. */
export interface SpanNode {
  readonly traceId: string;
  readonly spanId: string;
  /** 16 hex digits; null at the top. */
  readonly parentId: string | null;
  readonly name: string;
  /** `server`: the request as it reached us; `client`: a call of ours; `internal`: neither. */
  readonly kind: 'server' | 'client' | 'internal';
  readonly startMs: number;
  readonly endMs: number;
  readonly error: string | null;
  readonly attributes: SpanAttributes;
}

/** Ids that are the same whenever they are worked out again: a second delivery overwrites, it does not double. */
export function spanIds(call: Call): { readonly root: string; readonly nth: (n: number) => string } {
  const root = spanIdOf(call);
  const number = BigInt(`0x${root}`);
  return { root, nth: (n) => (number ^ BigInt(n)).toString(16).padStart(16, '0') };
}

/** 32 hex digits as they are, any other name by its hash, as Langfuse's own SDKs do it; else the call's own trace. */
export function traceIdFrom(name: string | null, call: Call): string {
  if (name === null) return traceIdOf(call);
  const hex = name.replaceAll('-', '').toLowerCase();
  if (/^(?!0{32})[0-9a-f]{32}$/.test(hex)) return hex;
  return createHash('sha256').update(name).digest('hex').slice(0, 32);
}

/** The call that this one is a part of; else the client's span, where the trace is the client's too. */
export function parentOf(call: Call, traceId: string): string | null {
  if (call.partOf !== undefined) return spanIdOf({ id: call.partOf });
  const parent = traceparentOf(call.traceHints);
  return parent?.traceId === traceId ? parent.spanId : null;
}
