const PROVIDERS = new Set(
  `ai21 aiml aleph_alpha anthropic azure azure_ai baseten bedrock cerebras clarifai cloudflare codestral cohere
  cohere_chat custom custom_openai dashscope databricks datarobot deepgram deepinfra deepseek elevenlabs empower
  featherless_ai fireworks_ai friendliai galadriel gemini github groq hosted_vllm huggingface hyperbolic infinity
  jina_ai lambda_ai litellm_proxy llamafile lm_studio meta_llama minimax mistral moonshot nebius nlp_cloud novita
  nscale nvidia_nim ollama ollama_chat oobabooga openai openai_like openrouter perplexity petals predibase recraft
  replicate sagemaker sambanova snowflake text-completion-codestral text-completion-openai together_ai triton v0
  vertex_ai vllm volcengine voyage watsonx xai xinference zai`.split(/\s+/),
);

const BARE_NAMES: readonly (readonly [RegExp, provider: string])[] = [
  [/^(gpt-|chatgpt-|o[1-9](-|$)|text-embedding-|tts-1|whisper-1$|dall-e|babbage-|davinci-)/, 'openai'],
  [/^claude-/, 'anthropic'],
  [/^gemini-/, 'gemini'],
  [/^(command-|embed-|rerank-)/, 'cohere'],
  [/^(mistral-|ministral-|codestral-)/, 'mistral'],
  [/^deepseek-(chat|reasoner)$/, 'deepseek'],
];

/** The provider that `openai/gpt-4o` or a well-known bare name such as `gpt-4o` belongs to; null: no telling. */
export function providerOf(model: string): string | null {
  const slash = model.indexOf('/');
  const prefix = slash > 0 ? model.slice(0, slash) : '';
  if (PROVIDERS.has(prefix)) return prefix;
  return BARE_NAMES.find(([pattern]) => pattern.test(model))?.[1] ?? null;
}

/** `openai/gpt-4o`, whether or not the provider was written. */
export function withProvider(provider: string, model: string): string {
  return model.startsWith(`${provider}/`) ? model : `${provider}/${model}`;
}

/** The variables that hold address, key and version of a provider; `OPENAI_API_KEY`. */
export function providerVariables(provider: string): {
  readonly bases: readonly string[];
  readonly key: string;
  readonly version: string;
} {
  const stem = provider.toUpperCase().replaceAll('-', '_');
  const bases = [`${stem}_API_BASE`];
  if (provider === 'openai') bases.push('OPENAI_BASE_URL');
  return { bases, key: `${stem}_API_KEY`, version: `${stem}_API_VERSION` };
}
