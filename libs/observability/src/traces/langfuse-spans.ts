import { LangfuseOtelSpanAttributes as Name } from '@langfuse/tracing';
import { type JsonObject, type Outcome } from '@app/call';
import { parentOf, type SpanAttributes, spanIds, type SpanNode, traceIdFrom } from './span-nodes.js';
import { type GenerationDescription, type TraceDescription } from './trace-description.js';

interface Content {
  readonly input: string | undefined;
  readonly output: string | undefined;
}

const SPAN_ID = /^(?!0{16})[0-9a-f]{16}$/;

/** A trace as Langfuse reads it from spans: the request, the model's call below it, failed tries beside that. */
export function langfuseSpans(
  { call }: Outcome,
  trace: TraceDescription,
  environment: string | null = null,
): SpanNode[] {
  const traceId = traceIdFrom(trace.traceId, call);
  const ids = spanIds(call);
  const { generation } = trace;
  const wanted = generation.parentId;
  const parentId = wanted !== null && SPAN_ID.test(wanted) ? wanted : parentOf(call, traceId);
  const shared = traceAttributes(trace, environment);
  // As texts, which are written into several spans but made once.
  const content = { input: text(trace.input), output: text(trace.output) };
  const root: SpanNode = {
    ...{ traceId, spanId: ids.root, parentId, name: trace.name, kind: 'server' },
    ...{ startMs: trace.startMs, endMs: trace.endMs, error: trace.error },
    attributes: { ...shared, ...rootAttributes(trace, content) },
  };
  const failed = trace.attempts.map((attempt, at): SpanNode => {
    const { error: statusMessage, metadata } = attempt;
    const told = {
      ...{ [Name.OBSERVATION_TYPE]: 'span', [Name.OBSERVATION_LEVEL]: 'ERROR' },
      [Name.OBSERVATION_STATUS_MESSAGE]: statusMessage,
    };
    addMetadata(told, Name.OBSERVATION_METADATA, metadata);
    return {
      ...{ traceId, spanId: ids.nth(at + 2), parentId: ids.root, kind: 'client' },
      ...attempt,
      attributes: { ...shared, ...told },
    };
  });
  const main: SpanNode = {
    ...{ traceId, spanId: ids.nth(1), parentId: ids.root, name: generation.name, kind: 'client' },
    ...{ startMs: generation.startMs, endMs: trace.endMs, error: trace.error },
    attributes: { ...shared, ...generationAttributes(generation, trace, content) },
  };
  return [root, ...failed, main];
}

/** They stand on every span: which one of a trace arrives first is not known. */
function traceAttributes(trace: TraceDescription, environment: string | null): SpanAttributes {
  const attributes: SpanAttributes = { [Name.ENVIRONMENT]: environment ?? undefined };
  if (trace.updates !== null) return attributes;
  attributes[Name.TRACE_NAME] = trace.name;
  attributes[Name.TRACE_USER_ID] = trace.userId ?? undefined;
  attributes[Name.TRACE_SESSION_ID] = trace.sessionId ?? undefined;
  if (trace.tags.length > 0) attributes[Name.TRACE_TAGS] = [...trace.tags];
  if (trace.isPublic) attributes[Name.TRACE_PUBLIC] = true;
  attributes[Name.VERSION] = trace.version ?? undefined;
  attributes[Name.RELEASE] = trace.release ?? undefined;
  addMetadata(attributes, Name.TRACE_METADATA, trace.metadata);
  return attributes;
}

/** Of a trace that exists already only what its owner names. The words are the trace's, not the span's once more. */
function rootAttributes({ updates, error }: TraceDescription, { input, output }: Content): SpanAttributes {
  const changes = (field: string): boolean => updates === null || updates.has(field);
  return {
    [Name.OBSERVATION_TYPE]: 'span',
    [Name.OBSERVATION_LEVEL]: levelOf(error),
    [Name.OBSERVATION_STATUS_MESSAGE]: error ?? undefined,
    [Name.TRACE_INPUT]: changes('input') ? input : undefined,
    [Name.TRACE_OUTPUT]: changes('output') ? output : undefined,
  };
}

function generationAttributes(
  generation: GenerationDescription,
  { error }: TraceDescription,
  { input, output }: Content,
): SpanAttributes {
  const { usage, costUsd, parameters, metadata, firstTokenMs, prompt } = generation;
  const attributes: SpanAttributes = {
    [Name.OBSERVATION_TYPE]: 'generation',
    [Name.OBSERVATION_LEVEL]: levelOf(error),
    [Name.OBSERVATION_INPUT]: input,
    [Name.OBSERVATION_OUTPUT]: output,
    [Name.OBSERVATION_MODEL]: generation.model,
    [Name.OBSERVATION_MODEL_PARAMETERS]: JSON.stringify(parameters),
    [Name.OBSERVATION_STATUS_MESSAGE]: error ?? undefined,
  };
  if (error === null) {
    attributes[Name.OBSERVATION_USAGE_DETAILS] = JSON.stringify(usageDetails(usage));
    attributes[Name.OBSERVATION_COST_DETAILS] = JSON.stringify({ total: costUsd });
  }
  // Langfuse's own SDK sends it as JSON, quotes and all.
  if (firstTokenMs !== null)
    attributes[Name.OBSERVATION_COMPLETION_START_TIME] = JSON.stringify(new Date(firstTokenMs));
  if (generation.version !== null) attributes[Name.VERSION] = generation.version;
  if (prompt) {
    attributes[Name.OBSERVATION_PROMPT_NAME] = prompt.name;
    attributes[Name.OBSERVATION_PROMPT_VERSION] = prompt.version;
  }
  addMetadata(attributes, Name.OBSERVATION_METADATA, metadata);
  return attributes;
}

const levelOf = (error: string | null): string => (error === null ? 'DEFAULT' : 'ERROR');

/** Each member on its own, so that it can be searched for. */
function addMetadata(attributes: SpanAttributes, prefix: string, metadata: JsonObject): void {
  for (const [name, value] of Object.entries(metadata)) attributes[`${prefix}.${name}`] = text(value);
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
