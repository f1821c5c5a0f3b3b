import { describe, expect, test } from '@jest/globals';
import { aDeployment } from '@testing/call';
import { hostedPrice } from './hosted-price.js';

const priced = (provider: string, origin: string, model: string) =>
  hostedPrice(aDeployment({ provider, origin }), model);

describe('what a hosted provider asks', () => {
  test.each([
    ['openai', 'https://api.openai.com', 'gpt-4o', [2_500_000n, 10_000_000n]],
    ['azure', 'https://res.openai.azure.com', 'gpt-4o', [2_500_000n, 10_000_000n]],
    ['anthropic', 'https://api.anthropic.com', 'claude-sonnet-4-5', [3_000_000n, 15_000_000n]],
    ['groq', 'https://api.groq.com', 'llama-3.3-70b-versatile', [590_000n, 790_000n]],
    ['openrouter', 'https://openrouter.ai', 'openai/gpt-4o', [2_500_000n, 10_000_000n]],
  ])('%s at %s has a price for %s', (provider, origin, model, [input, output]) => {
    const price = priced(provider, origin, model);
    expect(price).toMatchObject({ inputPerTokenPicoUsd: input, outputPerTokenPicoUsd: output });
    expect(price?.version).toMatch(/^[0-9a-f]{12}$/);
  });

  test('what it asks for long prompts, and for its prompt cache, is known too', () => {
    const gemini = priced('gemini', 'https://generativelanguage.googleapis.com', 'gemini-2.5-pro');
    expect(gemini).toMatchObject({
      inputPerTokenPicoUsd: 1_250_000n,
      tiers: [
        {
          abovePromptTokens: 200_000,
          inputPerTokenPicoUsd: 2_500_000n,
          outputPerTokenPicoUsd: 15_000_000n,
        },
      ],
    });
    expect(priced('anthropic', 'https://api.anthropic.com', 'claude-opus-4-1')).toMatchObject({
      cachedInputPerTokenPicoUsd: 1_500_000n,
      cacheWritePerTokenPicoUsd: 18_750_000n,
      cacheWriteHourPerTokenPicoUsd: 30_000_000n,
      tiers: [],
    });
  });

  test('a server that only speaks like it asks nothing', () => {
    expect(priced('openai', 'http://llama-swap:8080', 'gpt-4o')).toBeNull();
    expect(priced('azure', 'https://azure.example.org', 'gpt-4o')).toBeNull();
  });

  test('a model that the list does not know, and a pattern, have no price', () => {
    expect(priced('openai', 'https://api.openai.com', 'no-such-model')).toBeNull();
    expect(priced('openai', 'https://api.openai.com', '*')).toBeNull();
  });
});
