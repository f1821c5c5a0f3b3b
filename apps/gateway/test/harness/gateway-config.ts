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

/** Every price that audio can have, so that rows tell what was counted. */
const SPEECH_PRICES = { input_cost_per_character: 0.000015, input_cost_per_second: 0.0001 };

const SPEECH = { base: 'OPENEDAI_SPEECH_API_BASE', mode: 'audio_speech' };
const STYLE = { base: 'STYLETTS2_API_BASE', mode: 'audio_speech' };
const WHISPER = { base: 'FASTER_WHISPER_API_BASE', mode: 'audio_transcription' };

export const AUDIO_PLACES = { speech: SPEECH, whisper: WHISPER };

/** One deployment at an audio backend. */
export const audioDeployment = (
  name: string,
  model: string,
  at: typeof SPEECH,
  extras: object = {},
): object => ({
  model_name: name,
  litellm_params: { model: `openai/${model}`, api_base: `os.environ/${at.base}`, ...extras },
  model_info: { mode: at.mode },
});

/** One name and more for each audio backend. */
export const AUDIO_MODELS = [
  audioDeployment('tts-1', 'tts-1', SPEECH, SPEECH_PRICES),
  audioDeployment('tts-1-hd', 'tts-1-hd', SPEECH),
  audioDeployment('styletts2', 'styletts2', STYLE),
  audioDeployment('speech/*', '*', SPEECH, { timeout: 4, stream_timeout: 2, idle_timeout: 1 }),
  audioDeployment('whisper-1', 'whisper-1', WHISPER, { input_cost_per_second: 0.0001 }),
  audioDeployment('whisper-large-v3', 'Systran/faster-whisper-large-v3', WHISPER),
  audioDeployment('whisper/*', '*', WHISPER, { timeout: 4 }),
];

/** Names for llama-swap, a wildcard among them. */
export const TEXT_MODELS = [
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
    model_list: changes.models ?? TEXT_MODELS,
    router_settings: { num_retries: 0, cooldown_time: 0, ...changes.router },
    litellm_settings: { ...changes.litellm },
    general_settings: { client_rate_limit: { average: 1_000_000, burst: 1_000_000 }, ...changes.general },
  });
}
