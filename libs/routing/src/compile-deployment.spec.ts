import { describe, expect, test } from '@jest/globals';
import { Secret } from '@app/call';
import { aModelEntry } from '@testing/config';
import { compileDeployment, type CompiledEntry, type RoutingSettings } from './compile-deployment.js';
import { ROUTING_SETTINGS } from './testing.js';

function compiled(
  changes: Parameters<typeof aModelEntry>[0] = {},
  settings: Partial<RoutingSettings> = {},
): CompiledEntry {
  const entry = compileDeployment(aModelEntry(changes), { ...ROUTING_SETTINGS, ...settings });
  if (typeof entry === 'string') throw new Error(entry);
  return entry;
}

describe('where a deployment is', () => {
  test('address, path and name come out of the entry, frozen', () => {
    const apiKey = new Secret('upstream-key');
    const { deployment } = compiled({ apiBase: 'http://llama-swap:8080/v1', apiKey });
    expect(deployment).toMatchObject({
      id: 'deployment-1',
      modelGroup: 'gpt-4',
      provider: 'openai',
      upstreamModel: 'qwen3-30b-a3b',
      origin: 'http://llama-swap:8080',
      basePath: '/v1',
      apiKey,
    });
    expect(Object.isFrozen(deployment)).toBe(true);
  });

  test.each([
    ['http://host:1', ''],
    ['http://host:1/', ''],
    ['http://host:1/a/b/', '/a/b'],
  ])('the path of %s is %j', (apiBase, basePath) => {
    expect(compiled({ apiBase }).deployment.basePath).toBe(basePath);
  });

  test('only the provider is taken off the name', () => {
    expect(compiled({ model: 'openai/org/model:tag' }).deployment.upstreamModel).toBe('org/model:tag');
  });

  test('openai without an address is OpenAI itself', () => {
    expect(compiled({ apiBase: null }).deployment).toMatchObject({
      origin: 'https://api.openai.com',
      basePath: '/v1',
    });
  });

  test('another provider without an address cannot be used, and the reason names entry and provider', () => {
    expect(
      compileDeployment(aModelEntry({ model: 'xinference/llama', apiBase: null }), ROUTING_SETTINGS),
    ).toMatch(/^gpt-4: .*api_base.* xinference/);
  });

  test('a provider with a protocol of its own cannot be used even with an address', () => {
    expect(compileDeployment(aModelEntry({ model: 'bedrock/claude' }), ROUTING_SETTINGS)).toMatch(
      /bedrock.*not supported/,
    );
  });
});

describe('how long a deployment may take', () => {
  const timeouts = (...parts: Parameters<typeof compiled>) => compiled(...parts).deployment.timeouts;

  test('without any setting a model has ten minutes to load', () => {
    expect(timeouts()).toEqual({
      connectMs: 5_000,
      firstByteMs: 600_000,
      idleMs: 120_000,
      totalMs: 6_000_000,
    });
  });

  test('the entry is asked before the router, the router before litellm_settings', () => {
    expect(timeouts({}, { requestTimeoutMs: 1_000_000 }).totalMs).toBe(1_000_000);
    expect(timeouts({}, { timeoutMs: 2_000_000, requestTimeoutMs: 1_000_000 }).totalMs).toBe(2_000_000);
    expect(timeouts({ timeoutMs: 3_000_000 }, { timeoutMs: 2_000_000 }).totalMs).toBe(3_000_000);
  });

  test('a timeout that is longer than ten minutes also waits longer for the first byte', () => {
    expect(timeouts({ timeoutMs: 1_200_000 }).firstByteMs).toBe(1_200_000);
  });

  test('the stream timeout ends the wait for the first byte alone', () => {
    expect(timeouts({ streamTimeoutMs: 30_000, timeoutMs: 900_000 })).toMatchObject({
      firstByteMs: 30_000,
      totalMs: 900_000,
    });
  });

  test('nothing is waited for longer than for the whole', () => {
    expect(timeouts({ timeoutMs: 3_000, streamTimeoutMs: 60_000 })).toMatchObject({
      firstByteMs: 3_000,
      idleMs: 3_000,
      totalMs: 3_000,
    });
  });
});

describe('what is told about a model', () => {
  test('limits come out of model_info; max_tokens speaks of the answer', () => {
    const { deployment } = compiled({ modelInfo: { id: 'x', max_input_tokens: 32_000, max_tokens: 4_096 } });
    expect(deployment).toMatchObject({ maxInputTokens: 32_000, maxOutputTokens: 4_096 });
  });

  test('function calling is left open where model_info is silent', () => {
    expect(compiled().supportsFunctionCalling).toBeNull();
    expect(
      compiled({ modelInfo: { id: 'x', supports_function_calling: false } }).supportsFunctionCalling,
    ).toBe(false);
  });

  test('patterns, and entries that ask for it, are discovered', () => {
    expect(compiled().isDiscovered).toBe(false);
    expect(compiled({ modelName: 'local/*' }).isDiscovered).toBe(true);
    expect(compiled({ modelInfo: { id: 'x', discover: true } }).isDiscovered).toBe(true);
  });

  test('a price without effect is warned of', () => {
    expect(compiled({ prices: { output_cost_per_image: '1' } }).warnings).toEqual([
      'gpt-4: nothing is charged by `output_cost_per_image`.',
    ]);
  });
});
