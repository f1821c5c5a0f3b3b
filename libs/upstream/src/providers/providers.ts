import { ANTHROPIC } from './anthropic.js';
import { AZURE } from './azure.js';
import { DEEPSEEK } from './deepseek.js';
import { GEMINI } from './gemini.js';
import { GROQ } from './groq.js';
import { MISTRAL } from './mistral.js';
import { OLLAMA } from './ollama.js';
import { OPENAI } from './openai.js';
import { OPENROUTER } from './openrouter.js';
import { PLAIN_PROVIDER, type Provider } from './provider.js';
import { TOGETHER } from './together.js';
import { VLLM } from './vllm.js';

/** By the prefix of `litellm_params.model`. */
const PROVIDERS: ReadonlyMap<string, Provider> = new Map([
  ['openai', OPENAI],
  ['text-completion-openai', OPENAI],
  ['azure', AZURE],
  ['anthropic', ANTHROPIC],
  ['gemini', GEMINI],
  ['mistral', MISTRAL],
  ['codestral', MISTRAL],
  ['groq', GROQ],
  ['deepseek', DEEPSEEK],
  ['openrouter', OPENROUTER],
  ['together_ai', TOGETHER],
  ['ollama', OLLAMA],
  ['ollama_chat', OLLAMA],
  ['vllm', VLLM],
  ['hosted_vllm', VLLM],
]);

/** What is known of a provider; one that is not known speaks OpenAI's protocol at its `api_base`. */
export const providerNamed = (name: string): Provider => PROVIDERS.get(name) ?? PLAIN_PROVIDER;
