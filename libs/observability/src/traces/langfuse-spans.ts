import {
  createObservationAttributes,
  type LangfuseGenerationAttributes,
  LangfuseOtelSpanAttributes as Name,
} from '@langfuse/tracing';
import { type Outcome } from '@app/call';
import { remoteParentOf, type SpanAttributes, spanIds, type SpanNode, traceIdFrom } from './span-nodes.js';
import { type GenerationDescription, type TraceDescription } from './trace-description.js';

const SPAN_ID = /^(?!0{16})[0-9a-f]{16}$/;

/** A trace as Langfuse reads it from spans: the request, the model's call below it, failed tries beside that. */
export function langfuseSpans({ call }: Outcome, trace: TraceDescription): SpanNode[] {
  const traceId = traceIdFrom(trace.traceId, call);
  const ids = spanIds(call);
  const { generation } = trace;
  const wanted = generation.parentId;
  const parentId = wanted !== null && SPAN_ID.test(wanted) ? wanted : remoteParentOf(call, traceId);
  const shared = traceAttributes(trace);
  const root: SpanNode = {
    ...{ traceId, spanId: ids.root, parentId, name: trace.name, kind: 'server' },
    ...{ startMs: trace.startMs, endMs: trace.endMs, error: trace.error },
    attributes: { ...shared, ...contentAttributes(trace), ...rootAttributes(trace) },
  };
  const failed = trace.attempts.map((attempt, at): SpanNode => {
    const { error: statusMessage, metadata } = attempt;
    const told = createObservationAttributes('span', { level: 'ERROR', statusMessage, metadata });
    return {
      ...{ traceId, spanId: ids.nth(at + 2), parentId: ids.root, kind: 'client' },
      ...attempt,
      attributes: { ...shared, ...told },
    };
  });
  const main: SpanNode = {
    ...{ traceId, spanId: ids.nth(1), parentId: ids.root, name: generation.name, kind: 'client' },
    ...{ startMs: generation.startMs, endMs: trace.endMs, error: trace.error },
    attributes: { ...shared, ...generationAttributes(generation, trace) },
  };
  return [root, ...failed, main];
}

/** They stand on every span: which one of a trace arrives first is not known. */
function traceAttributes(trace: TraceDescription): SpanAttributes {
  const { updates } = trace;
  if (updates !== null) return {};
  return {
    [Name.TRACE_NAME]: trace.name,
    [Name.TRACE_USER_ID]: trace.userId ?? undefined,
    [Name.TRACE_SESSION_ID]: trace.sessionId ?? undefined,
    [Name.TRACE_TAGS]: trace.tags.length > 0 ? [...trace.tags] : undefined,
    [Name.TRACE_PUBLIC]: trace.isPublic || undefined,
    [Name.VERSION]: trace.version ?? undefined,
    [Name.RELEASE]: trace.release ?? undefined,
    ...Object.fromEntries(
      Object.entries(trace.metadata).map(([name, value]) => [`${Name.TRACE_METADATA}.${name}`, text(value)]),
    ),
  };
}

/** Of a trace that exists already only what its owner names. */
function contentAttributes({ updates, input, output }: TraceDescription): SpanAttributes {
  const changes = (field: string): boolean => updates === null || updates.has(field);
  return {
    [Name.TRACE_INPUT]: changes('input') ? text(input) : undefined,
    [Name.TRACE_OUTPUT]: changes('output') ? text(output) : undefined,
  };
}

function rootAttributes({ input, output, error }: TraceDescription): SpanAttributes {
  const level = error === null ? 'DEFAULT' : 'ERROR';
  return createObservationAttributes('span', {
    input,
    output,
    level,
    ...(error !== null && { statusMessage: error }),
  });
}

function generationAttributes(generation: GenerationDescription, trace: TraceDescription): SpanAttributes {
  const { usage, costUsd, parameters, metadata, model, firstTokenMs, prompt, version } = generation;
  const { input, output, error } = trace;
  const told: LangfuseGenerationAttributes = {
    ...{ input, output, model, modelParameters: { ...parameters } },
    metadata,
    level: error === null ? 'DEFAULT' : 'ERROR',
  };
  if (error === null) {
    told.usageDetails = usageDetails(usage);
    told.costDetails = { total: costUsd };
  } else told.statusMessage = error;
  if (firstTokenMs !== null) told.completionStartTime = new Date(firstTokenMs);
  if (version !== null) told.version = version;
  if (prompt) told.prompt = { ...prompt, isFallback: false };
  return createObservationAttributes('generation', told);
}

/** The cached part stands beside `input`, not in it. */
export const usageDetails = (usage: GenerationDescription['usage']): Record<string, number> => ({
  input: usage.input,
  output: usage.output,
  total: usage.total,
  ...(usage.cached > 0 && { cache_read_input_tokens: usage.cached }),
});

function text(value: unknown): string | undefined {
  if (value === null || value === undefined) return undefined;
  return typeof value === 'string' ? value : JSON.stringify(value);
}
