const KNOWN_NAMES: readonly (readonly [RegExp, provider: string])[] = [
  [/^(?:gpt-|chatgpt-|o[1-9](?:-|$)|text-embedding-|tts-1|whisper-1$|dall-e)/, 'openai'],
  [/^claude-/, 'anthropic'],
  [/^gemini-/, 'gemini'],
  [/^(?:command-|embed-|rerank-)/, 'cohere'],
  [/^(?:mistral-|ministral-|codestral-)/, 'mistral'],
  [/^deepseek-(?:chat|reasoner)$/, 'deepseek'],
];

/** `openai/gpt-4o` for a well-known bare name such as `gpt-4o`; null where there is no telling. */
export function withInferredProvider(model: string): string | null {
  const provider = KNOWN_NAMES.find(([pattern]) => pattern.test(model))?.[1];
  return provider === undefined ? null : `${provider}/${model}`;
}
