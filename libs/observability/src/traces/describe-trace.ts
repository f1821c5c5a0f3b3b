import { type Call, type JsonObject, type JsonValue, type Outcome, usdNumber } from '@app/call';
import { inputOf, outputOf, parametersOf } from './trace-content.js';
import {
  type AttemptDescription,
  type GenerationDescription,
  type TraceDescription,
} from './trace-description.js';
import { isTrue, shownMetadata, textOf, textsOf, traceMetadataOf } from './trace-metadata.js';
import { isRedacted, type TracePolicy } from './trace-policy.js';

const REDACTED = 'redacted-by-litellm';

/** Tells one outcome as a trace: names, content by policy, usage, cost, every try. */
export function describeTrace(outcome: Outcome, policy: TracePolicy): TraceDescription {
  const { call } = outcome;
  const metadata = traceMetadataOf(call);
  const existing = textOf(metadata['existing_trace_id']);
  const redacted = isRedacted(call, policy);
  const startMs = call.startedAt.getTime();
  return {
    traceId: existing ?? textOf(metadata['trace_id']) ?? hint(call, 'x-litellm-trace-id', 'litellm_trace_id'),
    updates: existing === null ? updatesOf(call) : new Set(textsOf(metadata['update_trace_keys'])),
    name: textOf(metadata['trace_name']) ?? `litellm-${call.type}`,
    userId: textOf(metadata['trace_user_id']) ?? call.endUser ?? call.caller.userId,
    sessionId: textOf(metadata['session_id']) ?? hint(call, 'x-litellm-session-id', 'litellm_session_id'),
    version: textOf(metadata['trace_version']) ?? textOf(metadata['version']),
    release: textOf(metadata['trace_release']) ?? policy.release,
    isPublic: isTrue(metadata['trace_public']),
    tags: tagsOf(outcome, policy),
    metadata: asObject(metadata['trace_metadata']),
    input: redacted || isTrue(metadata['mask_input']) ? REDACTED : inputOf(call),
    output: redacted || isTrue(metadata['mask_output']) ? REDACTED : outputOf(outcome),
    startMs,
    endMs: startMs + outcome.durationMs,
    error: outcome.status >= 400 ? failure(outcome, redacted) : null,
    generation: generationOf(outcome, metadata),
    attempts: failedAttempts(outcome),
  };
}

const LAST_WORDS: ReadonlySet<string> = new Set(['output']);
const NOTHING: ReadonlySet<string> = new Set();

/** The question is that of the first turn, the answer that of the last one. */
function updatesOf({ partOf, type }: Call): ReadonlySet<string> | null {
  if (partOf === undefined) return null;
  return type === 'asearch' ? NOTHING : LAST_WORDS;
}

function generationOf(outcome: Outcome, metadata: JsonObject): GenerationDescription {
  const { call, usage, deployment } = outcome;
  const { keyAlias } = call.caller;
  const startMs = call.startedAt.getTime();
  const last = outcome.attempts.at(-1);
  const firstMs = outcome.timeToFirstTokenMs;
  const promptName = textOf(metadata['prompt_name']);
  const promptVersion = Number(metadata['prompt_version']);
  return {
    id: call.partOf === undefined ? textOf(metadata['generation_id']) : null,
    parentId: textOf(metadata['parent_observation_id']),
    name:
      textOf(metadata['generation_name']) ??
      (keyAlias === null ? `litellm-${call.type}` : `litellm:${keyAlias}`),
    startMs: startMs + (last ? last.startedAtMs - call.startedAtMs : 0),
    firstTokenMs: firstMs === null ? null : startMs + firstMs,
    model: deployment?.upstreamModel ?? call.model,
    parameters: parametersOf(call),
    usage: {
      input: Math.max(0, usage.promptTokens - usage.cachedTokens),
      cached: usage.cachedTokens,
      output: usage.completionTokens,
      total: usage.promptTokens + usage.completionTokens,
    },
    costUsd: usdNumber(outcome.costPicoUsd),
    version: textOf(metadata['version']),
    prompt:
      promptName !== null && Number.isInteger(promptVersion)
        ? { name: promptName, version: promptVersion }
        : null,
    metadata: { ...shownMetadata(metadata), ...factsOf(outcome) },
  };
}

/** By these a trace is found from a row, an answer or a log line, and the other way round. */
function factsOf(outcome: Outcome): JsonObject {
  const { call, deployment, usage } = outcome;
  const { caller } = call;
  return {
    litellm_call_id: call.callId,
    request_id: call.id,
    response_id: outcome.responseId,
    litellm_response_cost: usdNumber(outcome.costPicoUsd),
    model_group: call.model,
    model_id: deployment?.id ?? null,
    api_base: deployment ? deployment.origin + deployment.basePath : null,
    status: outcome.status,
    attempts: outcome.attempts.length,
    usage_estimated: usage.estimated,
    user_api_key_hash: caller.keyHash === '' ? null : caller.keyHash,
    user_api_key_alias: caller.keyAlias,
    user_api_key_user_id: caller.userId,
    user_api_key_team_id: caller.teamId,
    user_api_key_team_alias: caller.teamAlias,
    user_api_key_org_id: caller.organizationId,
    user_api_key_end_user_id: call.endUser,
  };
}

function failedAttempts({ call, attempts, status }: Outcome): AttemptDescription[] {
  const startMs = call.startedAt.getTime();
  // The last one is the generation itself, failed or not.
  const earlier = attempts.slice(0, -1).filter(({ error }) => error !== null);
  return earlier.map((attempt, at) => {
    const next = attempts[at + 1];
    const begunMs = startMs + attempt.startedAtMs - call.startedAtMs;
    return {
      name: next && next.deploymentId !== attempt.deploymentId ? 'fallback' : 'retry',
      startMs: begunMs,
      endMs: begunMs + attempt.durationMs,
      error: attempt.error ?? '',
      metadata: { model_id: attempt.deploymentId, status: attempt.status, final_status: status },
    };
  });
}

/** Some errors of models repeat the prompt. */
const failure = ({ errorMessage, errorType, status }: Outcome, redacted: boolean): string =>
  redacted ? `${errorType ?? 'error'} (${status})` : (errorMessage ?? `status ${status}`);

function tagsOf({ call: { tags, caller }, cache }: Outcome, { defaultTags }: TracePolicy): string[] {
  const known: Readonly<Record<string, string | null>> = {
    cache_hit: cache?.isHit === true ? 'True' : 'False',
    user_api_key_alias: caller.keyAlias,
    user_api_key_hash: caller.keyHash,
    user_api_key_user_id: caller.userId,
    user_api_key_team_id: caller.teamId,
    user_api_key_team_alias: caller.teamAlias,
    user_api_key_org_id: caller.organizationId,
  };
  const rendered = defaultTags.flatMap((name) => (known[name] ? [`${name}:${known[name]}`] : []));
  return [...tags, ...rendered];
}

function hint({ traceHints, body }: Call, header: string, field: string): string | null {
  return textOf(body.object[field]) ?? textOf(traceHints?.[header]);
}

function asObject(value: JsonValue | undefined): JsonObject {
  if (value === undefined || value === null) return {};
  return typeof value === 'object' && !Array.isArray(value) ? value : { metadata: value };
}
