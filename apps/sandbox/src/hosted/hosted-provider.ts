import type { Exchange } from '../core/exchange.js';

/** How one hosted provider differs from the others, as far as a client can see it. */
export interface HostedProvider {
  /** Below the provider's own folder of the stand-in; `{model}` is the name of a deployment. */
  base: string;
  /** Whether the request shows a key where this provider looks for it. */
  hasKey(exchange: Exchange): boolean;
  /** The body of an error. */
  error(status: number, message: string): unknown;
  /** What the stream has that OpenAI's has not. */
  frame?: (data: string) => string;
  /** Fields that it refuses. */
  refuses?: readonly string[];
  /** Which of the routes below the base there are. */
  routes: RegExp;
}

const TEXT = /^\/(chat\/completions|completions|embeddings|responses|moderations|images\/generations)$/;
const CHAT = /^\/(chat\/completions|embeddings)$/;
const bearer = (exchange: Exchange): boolean => /^Bearer \S+$/.test(exchange.header('authorization') ?? '');
const openaiError = (status: number, message: string): unknown => ({
  error: {
    message,
    type: status === 401 ? 'invalid_request_error' : 'server_error',
    param: null,
    code: status === 401 ? 'invalid_api_key' : null,
  },
});
const plain = (base: string, routes = CHAT): HostedProvider => ({
  base,
  routes,
  hasKey: bearer,
  error: openaiError,
});

export const HOSTED: Record<string, HostedProvider> = {
  openai: plain('/v1', TEXT),
  azure: {
    ...plain('/openai/deployments/{model}', TEXT),
    hasKey: (exchange) =>
      exchange.header('api-key') !== undefined &&
      exchange.header('authorization') === undefined &&
      exchange.query.get('api-version') !== null,
    error: (status, message) => ({ error: { code: String(status), message } }),
  },
  anthropic: {
    base: '/v1',
    routes: /^\/messages(\/count_tokens)?$/,
    hasKey: (exchange) =>
      exchange.header('x-api-key') !== undefined &&
      exchange.header('authorization') === undefined &&
      exchange.header('anthropic-version') !== undefined,
    error: (status, message) => ({
      type: 'error',
      error: { type: status === 401 ? 'authentication_error' : 'api_error', message },
      request_id: 'req_011CSHoEeqs5C35K2UUqR7Fy',
    }),
  },
  gemini: {
    ...plain('/v1beta/openai'),
    // A list with one error in it.
    error: (status, message) => [{ error: { code: status, message, status: 'UNAUTHENTICATED' } }],
  },
  mistral: {
    ...plain('/v1'),
    refuses: ['stream_options'],
    error: (status, message) => ({
      object: 'error',
      message,
      type: 'invalid_request_error',
      param: null,
      code: String(status),
    }),
  },
  groq: {
    ...plain('/openai/v1'),
    frame: (data) => data.replace('"finish_reason":"stop"', '"finish_reason":"stop","x_groq_stop":true'),
  },
  deepseek: plain('/v1'),
  openrouter: { ...plain('/api/v1'), frame: (data) => `: OPENROUTER PROCESSING\n\n${data}` },
  together_ai: plain('/v1'),
  ollama: { ...plain('/v1'), hasKey: () => true },
  hosted_vllm: {
    ...plain('/v1', /^\/(chat\/completions|completions|embeddings|responses|rerank)$/),
    hasKey: () => true,
  },
};
