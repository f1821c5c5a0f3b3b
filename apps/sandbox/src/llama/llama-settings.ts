import { COMMON_SETTINGS, type Choices, type CommonSettings } from '../core/settings.js';

/** Which llama-swap build words its errors and its model list. */
export type Generation = 'v217' | 'v250' | 'latest';

export interface LlamaSettings extends CommonSettings {
  generation: Generation;
  /** `auto`: one model at a time as soon as loading takes time; `off`: every model is always there. */
  swap: 'auto' | 'on' | 'off';
  loadMs: number;
  /** Stream loading chunks while a model loads, instead of staying silent. */
  sendLoadingState: boolean;
  /** Models whose start fails. */
  failStart: string[];
  /** Unloads a model this long after its last request; 0 = never. */
  ttlSeconds: number;
  /** Waiting and running requests per model before 429; 0 = no limit (llama-swap's own default is 10). */
  concurrencyLimit: number;
  prefillMsPerToken: number;
  decodeMsPerToken: number;
  /** A comment frame this often while a stream waits for its first token; 0 = none. */
  pingMs: number;
  /** Tokens of an ordinary answer. */
  answerTokens: number;
  /** Tokens written per turn of the event loop when decoding takes no time. */
  tokensPerWrite: number;
  contextTokens: number;
  cachedTokens: number;
  timings: boolean;
  /** Streamed events carry `written_us`: when they were written, on the machine's own steady clock. */
  stampEvents: boolean;
  /** Builds before mid-2025: usage rides on the finish chunk, asked for or not. */
  usageOnFinish: boolean;
  embeddingDimensions: number;
  /** Chat models listed besides the standard ones. */
  extraModels: string[];
}

export const LLAMA_SETTINGS: LlamaSettings = {
  ...COMMON_SETTINGS,
  generation: 'v250',
  swap: 'auto',
  loadMs: 0,
  sendLoadingState: false,
  failStart: [],
  ttlSeconds: 0,
  concurrencyLimit: 0,
  prefillMsPerToken: 0,
  decodeMsPerToken: 0,
  pingMs: 0,
  answerTokens: 24,
  tokensPerWrite: 1,
  contextTokens: 32_768,
  cachedTokens: 0,
  timings: true,
  stampEvents: false,
  usageOnFinish: false,
  embeddingDimensions: 1024,
  extraModels: [],
};

export const LLAMA_CHOICES: Choices = {
  generation: ['v217', 'v250', 'latest'],
  swap: ['auto', 'on', 'off'],
};
