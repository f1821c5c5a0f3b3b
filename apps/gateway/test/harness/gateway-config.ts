/** What differs from the configuration that the tests share. */
export interface ConfigChanges {
  /** Replaces `model_list`. */
  readonly models?: readonly object[];
  readonly general?: object;
  readonly router?: object;
  readonly litellm?: object;
}

export const PRICES = { input_cost_per_token: 0.000001, output_cost_per_token: 0.000002 };

/** One deployment at the sandbox's llama-swap. */
export function deployment(modelName: string, model: string, extras: object = {}): object {
  return {
    model_name: modelName,
    litellm_params: {
      model: `openai/${model}`,
      api_base: 'os.environ/LLAMA_SWAP_API_BASE',
      api_key: 'sk-upstream-canary-4711',
      ...PRICES,
      ...extras,
    },
  };
}

/** The secret that the gateway shows its upstream and nobody else. */
export const UPSTREAM_KEY = 'sk-upstream-canary-4711';

const MODELS = [
  deployment('gpt-4', 'qwen3-30b-a3b'),
  deployment('gpt-3.5-turbo', 'qwen2.5-14b-instruct'),
  deployment('quick/*', '*', { timeout: 4, stream_timeout: 2, idle_timeout: 1, connect_timeout: 1 }),
  deployment('*', '*'),
];

/**
 * The configuration of the tests: an alias or two and everything else at llama-swap by its own name.
 * A deployment that fails is not rested and not asked again, so that each test sees its own fault.
 */
export function configText(changes: ConfigChanges = {}): string {
  return JSON.stringify({
    model_list: changes.models ?? MODELS,
    router_settings: { num_retries: 0, cooldown_time: 0, ...changes.router },
    litellm_settings: { ...changes.litellm },
    general_settings: { client_rate_limit: { average: 1_000_000, burst: 1_000_000 }, ...changes.general },
  });
}
