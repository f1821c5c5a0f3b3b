import { expect, test } from '@jest/globals';
import { providerNamed } from './providers.js';

const placed = (name: string, base?: string, apiVersion: string | null = null) => {
  const provider = providerNamed(name);
  const url = new URL(base ?? provider.base ?? '');
  const { basePath, query } = provider.place({ base: url, apiVersion });
  return url.origin + basePath + query;
};

test.each([
  ['openai', 'https://api.openai.com/v1'],
  ['anthropic', 'https://api.anthropic.com/v1'],
  ['gemini', 'https://generativelanguage.googleapis.com/v1beta/openai'],
  ['mistral', 'https://api.mistral.ai/v1'],
  ['groq', 'https://api.groq.com/openai/v1'],
  ['deepseek', 'https://api.deepseek.com/v1'],
  ['openrouter', 'https://openrouter.ai/api/v1'],
  ['together_ai', 'https://api.together.xyz/v1'],
  ['ollama', 'http://localhost:11434/v1'],
])('%s is at %s', (name, address) => {
  expect(placed(name)).toBe(address);
});

test('azure, vllm and those that are not known have no address of their own', () => {
  for (const name of ['azure', 'vllm', 'hosted_vllm', 'nobody']) expect(providerNamed(name).base).toBeNull();
});

test('an address without the version gets it where that is how it is written', () => {
  expect(placed('anthropic', 'https://proxy.example')).toBe('https://proxy.example/v1');
  expect(placed('ollama', 'http://box:11434/')).toBe('http://box:11434/v1');
  expect(placed('hosted_vllm', 'http://box:8000/v1/')).toBe('http://box:8000/v1');
});

test('azure has its deployment in the path by a dated version, and in the body by the newer API', () => {
  const base = 'https://res.openai.azure.com';
  const dated = `${base}/openai/deployments/{model}?api-version=2024-10-21`;
  expect(placed('azure', base, '2024-10-21')).toBe(dated);
  expect(placed('azure', `${base}/openai/v1`, '2024-10-21')).toBe(dated);
  expect(placed('azure', base)).toBe(`${base}/openai/v1`);
  expect(placed('azure', base, 'preview')).toBe(`${base}/openai/v1?api-version=preview`);
});
