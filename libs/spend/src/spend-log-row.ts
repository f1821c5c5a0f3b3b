import { type JsonObject, type JsonValue, usdNumber } from '@app/call';
import { readLimits } from './limits-text.js';
import { readPlan } from './plan-text.js';
import { reasonOf } from './reason-of.js';
import { type SpendAttempt } from './spend-attempts.js';
import { type StoredPrompt } from './stored-prompts.js';

/** A row of `spend_logs` with its codes resolved by `text`. */
export interface StoredRow {
  readonly started_at: Date;
  readonly id: string;
  readonly cost_pico_usd: string;
  readonly duration_ms: number;
  readonly time_to_first_token_ms: number | null;
  readonly overhead_ms: number | null;
  readonly queue_ms: number | null;
  readonly prompt_tokens: number;
  readonly cached_tokens: number;
  readonly cache_write_tokens: number | null;
  /** Of those written: to be kept for an hour. */
  readonly cache_write_hour_tokens: number | null;
  readonly completion_tokens: number;
  readonly reasoning_tokens: number;
  readonly audio_ms: number | null;
  readonly characters: number | null;
  readonly key_code: number;
  readonly key_alias_code: number | null;
  readonly user_code: number | null;
  readonly team_code: number | null;
  readonly call_type_code: number;
  readonly route_code: number;
  readonly deployment_code: number | null;
  readonly model_code: number | null;
  readonly model_group_code: number | null;
  readonly provider_code: number | null;
  readonly api_base_code: number | null;
  readonly price_code: number | null;
  readonly plan_code: number | null;
  readonly load_ms: number | null;
  readonly limits_code: number | null;
  readonly limits_left: readonly string[] | null;
  readonly status: number;
  readonly attempts: number;
  readonly streamed: boolean;
  readonly estimated: boolean;
  readonly unpriced: boolean;
  readonly call_id: string | null;
  readonly response_id: string | null;
  readonly asked_model: string | null;
  readonly end_user: string | null;
  readonly client_address: string | null;
  readonly tags: readonly string[] | null;
  readonly error_type: string | null;
  readonly error_message: string | null;
  readonly cache_hit: boolean | null;
  readonly cache_key: string | null;
}

export const CODE_COLUMNS = [
  'key_code',
  'key_alias_code',
  'user_code',
  'team_code',
  'call_type_code',
  'route_code',
  'deployment_code',
  'model_code',
  'model_group_code',
  'provider_code',
  'api_base_code',
  'price_code',
  'plan_code',
  'limits_code',
] as const;

/** A spend row as LiteLLM's APIs return it. Amounts are USD, times ISO 8601 in UTC. */
export interface SpendLogRow {
  /** The response's id where there is one, else the call id. */
  readonly request_id: string;
  readonly call_type: string;
  /** SHA-256 of the key; empty for calls without one. */
  readonly api_key: string;
  readonly spend: number;
  readonly total_tokens: number;
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly startTime: string;
  readonly endTime: string;
  readonly completionStartTime: string | null;
  readonly request_duration_ms: number;
  readonly model: string;
  readonly model_id: string;
  readonly model_group: string;
  readonly custom_llm_provider: string;
  readonly api_base: string;
  readonly user: string;
  readonly end_user: string;
  readonly team_id: string | null;
  readonly organization_id: null;
  readonly agent_id: null;
  readonly metadata: JsonObject;
  readonly cache_hit: string;
  readonly cache_key: string;
  readonly request_tags: readonly string[];
  readonly requester_ip_address: string | null;
  readonly session_id: string | null;
  readonly status: 'success' | 'failure';
  readonly mcp_namespaced_tool_name: null;
  /** What was asked and answered, where it is stored and one request was asked for; else `{}`. */
  readonly messages: JsonValue;
  readonly response: JsonValue;
  readonly proxy_server_request: JsonObject;
}

const FAILED = 400;

type Text = (code: number | null) => string | null;

/** @param tries of a row that needed more than one, or failed */
export function toSpendLogRow(
  row: StoredRow,
  text: Text,
  tries: readonly SpendAttempt[] = [],
  prompt?: StoredPrompt,
): SpendLogRow {
  const isSuccess = row.status < FAILED;
  const callId = row.call_id ?? row.id;
  const startMs = row.started_at.getTime();
  const firstTokenMs = row.time_to_first_token_ms;
  const group = text(row.model_group_code);
  return {
    request_id: isSuccess ? (row.response_id ?? callId) : callId,
    call_type: text(row.call_type_code) ?? '',
    api_key: text(row.key_code) ?? '',
    spend: usdNumber(BigInt(row.cost_pico_usd)),
    total_tokens: row.prompt_tokens + row.completion_tokens,
    prompt_tokens: row.prompt_tokens,
    completion_tokens: row.completion_tokens,
    startTime: new Date(startMs).toISOString(),
    endTime: new Date(startMs + row.duration_ms).toISOString(),
    completionStartTime: firstTokenMs === null ? null : new Date(startMs + firstTokenMs).toISOString(),
    request_duration_ms: row.duration_ms,
    model: (isSuccess ? text(row.model_code) : null) ?? row.asked_model ?? group ?? '',
    model_id: text(row.deployment_code) ?? '',
    model_group: row.asked_model ?? group ?? '',
    custom_llm_provider: text(row.provider_code) ?? '',
    api_base: text(row.api_base_code) ?? '',
    user: text(row.user_code) ?? '',
    end_user: row.end_user ?? '',
    team_id: text(row.team_code),
    organization_id: null,
    agent_id: null,
    metadata: metadataOf(row, text, tries),
    cache_hit: row.cache_hit === true ? 'True' : 'False',
    cache_key: row.cache_key ?? 'Cache OFF',
    request_tags: row.tags ?? [],
    requester_ip_address: row.client_address,
    session_id: callId,
    status: isSuccess ? 'success' : 'failure',
    mcp_namespaced_tool_name: null,
    messages: prompt?.request ?? {},
    response: prompt?.response ?? {},
    proxy_server_request: {},
  };
}

function metadataOf(row: StoredRow, text: Text, tries: readonly SpendAttempt[]): JsonObject {
  const isSuccess = row.status < FAILED;
  return {
    user_api_key: text(row.key_code),
    user_api_key_alias: text(row.key_alias_code),
    user_api_key_team_id: text(row.team_code),
    user_api_key_team_alias: null,
    user_api_key_org_id: null,
    user_api_key_user_id: text(row.user_code),
    spend_logs_metadata: null,
    requester_ip_address: row.client_address,
    applied_guardrails: [],
    status: isSuccess ? 'success' : 'failure',
    error_information: isSuccess ? null : errorOf(row, text),
    usage_object: usageOf(row),
    additional_usage_values: {
      ...(row.audio_ms === null ? {} : { audio_seconds: row.audio_ms / 1000 }),
      ...(row.characters === null ? {} : { characters: row.characters }),
    },
    cost_breakdown: null,
    litellm_overhead_time_ms: row.overhead_ms,
    // Ours: what LiteLLM does not tell.
    call_id: row.call_id ?? row.id,
    record_id: row.id,
    route: text(row.route_code),
    http_status: row.status,
    attempts: row.attempts,
    streamed: row.streamed,
    usage_estimated: row.estimated,
    unpriced: row.unpriced,
    price_version: text(row.price_code),
    ...routingOf(row, text, tries),
  };
}

/** In LiteLLM's words; what was written to a prompt cache is told where there is any. */
function usageOf(row: StoredRow): JsonObject {
  const { cache_write_tokens: written, cache_write_hour_tokens: forAnHour } = row;
  const details: JsonObject = { cached_tokens: row.cached_tokens };
  if (written !== null) details['cache_creation_tokens'] = written;
  if (written !== null && forAnHour !== null) {
    details['cache_creation_token_details'] = {
      ephemeral_5m_input_tokens: written - forAnHour,
      ephemeral_1h_input_tokens: forAnHour,
    };
  }
  return {
    prompt_tokens: row.prompt_tokens,
    completion_tokens: row.completion_tokens,
    total_tokens: row.prompt_tokens + row.completion_tokens,
    prompt_tokens_details: details,
    completion_tokens_details: { reasoning_tokens: row.reasoning_tokens },
    ...(written === null
      ? {}
      : { cache_creation_input_tokens: written, cache_read_input_tokens: row.cached_tokens }),
  };
}

/** Why the call went where it went. */
function routingOf(row: StoredRow, text: Text, tries: readonly SpendAttempt[]): JsonObject {
  const plan = readPlan(text(row.plan_code));
  return {
    attempted_retries: Math.max(0, row.attempts - 1),
    queue_time_ms: row.queue_ms ?? 0,
    load_time_ms: row.load_ms ?? 0,
    routing_plan: plan && {
      ...plan,
      deployments: [...plan.deployments],
      fallbacks: [...plan.fallbacks],
    },
    routing_reason: plan && reasonOf(plan, tries),
    routing_attempts: tries.map((one) => ({ ...one })),
    limits: readLimits(text(row.limits_code), row.limits_left, usedOf(row)),
  };
}

/** As the limits count it. */
const usedOf = (row: StoredRow): Parameters<typeof readLimits>[2] => ({
  money: BigInt(row.cost_pico_usd),
  requests: 1n,
  tokens: BigInt(Math.max(0, row.prompt_tokens - row.cached_tokens) + row.completion_tokens),
  parallel: 0n,
});

function errorOf(row: StoredRow, text: Text): JsonObject {
  return {
    error_code: String(row.status),
    error_class: row.error_type ?? '',
    llm_provider: text(row.provider_code) ?? '',
    traceback: '',
    error_message: row.error_message ?? '',
  };
}
