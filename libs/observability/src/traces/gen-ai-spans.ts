import { type Call, type Outcome, traceIdOf } from '@app/call';
import { parentOf, type SpanAttributes, spanIds, type SpanNode } from './span-nodes.js';

const OPERATIONS: Readonly<Partial<Record<Call['type'], string>>> = {
  acompletion: 'chat',
  atext_completion: 'text_completion',
  aembedding: 'embeddings',
  anthropic_messages: 'chat',
  aresponses: 'chat',
  asearch: 'execute_tool',
};
/** Fields of a request that the conventions have a name for. */
const PARAMETERS: Readonly<Record<string, string>> = {
  temperature: 'temperature',
  top_p: 'top_p',
  max_tokens: 'max_tokens',
  max_completion_tokens: 'max_tokens',
  frequency_penalty: 'frequency_penalty',
  presence_penalty: 'presence_penalty',
  seed: 'seed',
};

/**
 * A call as spans by the semantic conventions for generative AI: the request as the gateway's server span, one
 * client span for each try. A call that is part of another one, such as a search of its answer, is an internal span below
 * it. No prompt, no answer, no text of an error.
 */
export function genAiSpans(outcome: Outcome): SpanNode[] {
  const { call, status } = outcome;
  const traceId = traceIdOf(call);
  const ids = spanIds(call);
  const startMs = call.startedAt.getTime();
  const endMs = startMs + outcome.durationMs;
  const isPart = call.partOf !== undefined;
  const root: SpanNode = {
    ...{ traceId, spanId: ids.root, parentId: parentOf(call, traceId), kind: isPart ? 'internal' : 'server' },
    name: isPart ? `${operationOf(call)} ${call.model}` : `POST ${call.route}`,
    ...{ startMs, endMs, error: status >= 500 ? failureOf(outcome) : null },
    attributes: requestAttributes(outcome),
  };
  const tries = outcome.attempts.map((attempt, at): SpanNode => {
    const begunMs = startMs + attempt.startedAtMs - call.startedAtMs;
    const isLast = at === outcome.attempts.length - 1;
    return {
      ...{ traceId, spanId: ids.nth(at + 1), parentId: ids.root, kind: 'client' },
      name: `${operationOf(call)} ${outcome.deployment?.upstreamModel ?? call.model}`,
      startMs: begunMs,
      // What was answered is written on after the try itself is judged good.
      endMs: isLast && attempt.error === null ? endMs : begunMs + attempt.durationMs,
      error: attempt.error === null ? null : `status ${attempt.status}`,
      attributes: {
        ...callAttributes(outcome),
        'gateway.deployment': attempt.deploymentId,
        'error.type': attempt.error === null ? undefined : String(attempt.status),
        ...(isLast && attempt.error === null && answerAttributes(outcome)),
      },
    };
  });
  return [root, ...tries];
}

function requestAttributes(outcome: Outcome): SpanAttributes {
  const { call, status } = outcome;
  return {
    ...(call.partOf === undefined && {
      'http.request.method': 'POST',
      'http.route': call.route,
      'http.response.status_code': status,
    }),
    'error.type': status >= 400 ? (outcome.errorType ?? String(status)) : undefined,
    'gen_ai.operation.name': operationOf(call),
    'gen_ai.request.model': call.model,
    'gateway.request.id': call.id,
    'gateway.call.id': call.callId,
    'gateway.overhead_ms': outcome.overheadMs,
  };
}

function callAttributes({ call, deployment }: Outcome): SpanAttributes {
  const attributes: SpanAttributes = {
    'gen_ai.operation.name': operationOf(call),
    'gen_ai.request.model': deployment?.upstreamModel ?? call.model,
    'gen_ai.provider.name': deployment?.provider,
  };
  if (deployment) {
    const { hostname, port, protocol } = new URL(deployment.origin);
    attributes['server.address'] = hostname;
    attributes['server.port'] = Number(port || (protocol === 'https:' ? 443 : 80));
  }
  for (const [field, name] of Object.entries(PARAMETERS)) {
    const value = call.body.object[field];
    if (typeof value === 'number') attributes[`gen_ai.request.${name}`] = value;
  }
  return attributes;
}

function answerAttributes({ responseId, usage, timeToFirstTokenMs }: Outcome): SpanAttributes {
  return {
    'gen_ai.response.id': responseId ?? undefined,
    'gen_ai.usage.input_tokens': usage.promptTokens,
    'gen_ai.usage.output_tokens': usage.completionTokens,
    'gen_ai.usage.cache_read.input_tokens': usage.cachedTokens > 0 ? usage.cachedTokens : undefined,
    'gateway.time_to_first_token_ms': timeToFirstTokenMs ?? undefined,
  };
}

const operationOf = ({ type }: Call): string => OPERATIONS[type] ?? type;

const failureOf = ({ errorType, status }: Outcome): string => errorType ?? `status ${status}`;
