import { type Deployment, type JsonObject, type JsonValue } from '@app/call';
import { type ModelEntry } from '@app/config';
import { type DeploymentState } from './deployment-state.js';
import { type LoadState } from './load-states.js';

/** One deployment as `/model/info` shows it; nothing of its credentials. */
export interface ModelInfoView {
  readonly model_name: string;
  readonly litellm_params: JsonObject;
  readonly model_info: JsonObject;
}

/** What is known of a deployment while the gateway runs. */
export interface LiveFacts {
  readonly isStored: boolean;
  readonly deployment: Deployment | null;
  readonly state: DeploymentState | null;
  /** Null where the upstream does not tell, or the name is a pattern. */
  readonly loadState: LoadState | null;
  readonly nowMs: number;
}

export function modelInfoView(entry: ModelEntry, facts: LiveFacts): ModelInfoView {
  return {
    model_name: entry.modelName,
    litellm_params: paramsOf(entry),
    model_info: present({
      ...described(entry, facts),
      ...liveOf(facts),
      ...entry.modelInfo,
      db_model: facts.isStored,
    }),
  };
}

function paramsOf(entry: ModelEntry): JsonObject {
  return present({
    ...entry.defaults,
    model: entry.model,
    api_base: entry.apiBase,
    timeout: seconds(entry.timeoutMs),
    stream_timeout: seconds(entry.streamTimeoutMs),
    connect_timeout: seconds(entry.connectTimeoutMs),
    idle_timeout: seconds(entry.idleTimeoutMs),
    cooldown_time: seconds(entry.cooldownMs),
    num_retries: entry.numRetries,
    weight: entry.weight,
    order: entry.order,
    rpm: entry.rpm,
    tpm: entry.tpm,
    max_parallel_requests: entry.maxParallelRequests,
    tags: entry.tags.length > 0 ? [...entry.tags] : null,
  });
}

/** What follows from the entry, from its upstream, and from its prices. */
function described(entry: ModelEntry, { deployment }: LiveFacts): JsonObject {
  const slash = entry.model.indexOf('/');
  const prices = Object.entries(entry.prices).map(([name, usd]) => [name, Number(usd)] as const);
  return {
    key: entry.model.slice(slash + 1),
    litellm_provider: entry.model.slice(0, slash),
    mode: 'chat',
    max_tokens: deployment?.maxOutputTokens ?? deployment?.maxInputTokens ?? null,
    max_input_tokens: deployment?.maxInputTokens ?? null,
    max_output_tokens: deployment?.maxOutputTokens ?? null,
    input_cost_per_token: null,
    output_cost_per_token: null,
    ...Object.fromEntries(prices),
    supports_function_calling: deployment?.supportsFunctionCalling ?? null,
  };
}

function liveOf({ state, loadState, nowMs }: LiveFacts): JsonObject {
  if (!state) return { load_state: loadState };
  return {
    load_state: loadState,
    requests_in_flight: state.inFlight,
    cooldown_seconds: state.breaker.isResting ? Math.ceil(state.breaker.restMs(nowMs) / 1_000) : null,
    failures_in_a_row: state.breaker.report.failuresInARow,
    last_failure: state.lastFailure && {
      status: state.lastFailure.status,
      at: state.lastFailure.at.toISOString(),
    },
  };
}

const seconds = (ms: number | null): number | null => (ms === null ? null : ms / 1_000);

function present(object: Readonly<Record<string, JsonValue | undefined>>): JsonObject {
  return Object.fromEntries(
    Object.entries(object).filter(([, value]) => value !== null && value !== undefined),
  ) as JsonObject;
}
