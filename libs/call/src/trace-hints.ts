import { type IncomingHttpHeaders } from 'node:http';

/** Headers about tracing, by their names in lower case: `traceparent`, `langfuse_*` and the few listed below. */
export type TraceHints = Readonly<Record<string, string>>;

const NAMES: ReadonlySet<string> = new Set([
  'litellm-disable-message-redaction',
  'litellm-enable-message-redaction',
  'traceparent',
  'x-litellm-disable-message-redaction',
  'x-litellm-enable-message-redaction',
  'x-litellm-session-id',
  'x-litellm-trace-id',
]);
const MAX_HINTS = 64;
const MAX_LENGTH = 4_096;

/** Null for the many requests that have none. */
export function traceHintsOf(headers: IncomingHttpHeaders): TraceHints | null {
  let hints: Record<string, string> | null = null;
  let count = 0;
  for (const name in headers) {
    if (!NAMES.has(name) && !name.startsWith('langfuse_')) continue;
    const value = headers[name];
    if (typeof value !== 'string' || value.length > MAX_LENGTH || ++count > MAX_HINTS) continue;
    hints ??= {};
    hints[name] = value;
  }
  return hints;
}

/** Version 00 of W3C Trace Context; later versions begin the same way. */
const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-[0-9a-f]{2}(?:-|$)/;

interface Traced {
  /** UUIDv7. */
  readonly id: string;
  readonly partOf?: string;
  readonly traceHints?: TraceHints | null;
}

/** The span that the client says the request belongs to; null without a valid `traceparent`. */
export function traceparentOf(
  hints: TraceHints | null | undefined,
): { traceId: string; spanId: string } | null {
  const match = hints ? TRACEPARENT.exec(hints['traceparent'] ?? '') : null;
  return match?.[1] && match[2] ? { traceId: match[1], spanId: match[2] } : null;
}

/** 32 hex digits: the client's trace, else the id of the call that the request began with, so that row and trace find each other. */
export const traceIdOf = ({ id, partOf = id, traceHints }: Traced): string =>
  traceparentOf(traceHints)?.traceId ?? partOf.replaceAll('-', '');

/** 16 hex digits: the span of this call in its trace, the random half of its id. */
export const spanIdOf = ({ id }: Traced): string => id.slice(19).replace('-', '');
