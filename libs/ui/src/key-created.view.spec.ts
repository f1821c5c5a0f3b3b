import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { type GeneratedKeyView } from '@app/keys';
import { parse } from 'yaml';
import { keyCreatedView } from './key-created.view.js';

const KEY = 'sk-0123456789abcdefghij';
const made = (models: string[]): GeneratedKeyView =>
  ({
    key: KEY,
    token: 'a'.repeat(64),
    key_alias: 'LibreChat',
    models,
    max_budget: null,
    expires: null,
  }) as unknown as GeneratedKeyView;

interface Shown {
  readonly snippets: readonly { readonly id: string; readonly number: number; readonly text: string }[];
}
const shown = (models: string[]): Shown['snippets'] =>
  (
    keyCreatedView(
      { ...made(models), rpm_limit: null, tpm_limit: null, max_parallel_requests: null },
      { address: 'https://llm.example', models: ['gpt-4', 'tts-1'] },
    ) as Shown
  ).snippets;

test('every way to use a key has a pane that the style sheet shows', () => {
  const css = readFileSync(new URL('../../../views/assets/app.css', import.meta.url), 'utf8');
  const snippets = shown([]);
  expect(snippets).toHaveLength(6);
  for (const { number } of snippets) {
    expect(css).toContain(`.switch:has(input[value="${number}"]:checked) > .pane:nth-of-type(${number})`);
  }
});

test('LibreChat gets a valid endpoint with the models that the key may call', () => {
  const text = shown(['gpt-4', "it's"]).find(({ id }) => id === 'librechat')?.text ?? '';
  const { endpoints } = parse(text) as { endpoints: { custom: object[] } };
  expect(endpoints.custom[0]).toEqual({
    name: 'Gateway',
    baseURL: 'http://litellm:4000/v1',
    apiKey: KEY,
    models: { default: ['gpt-4', "it's"], fetch: true },
    titleConvo: true,
    titleModel: 'current_model',
  });
});

test('a program gets the address with /v1 and the key, a shell a quoted body', () => {
  const byId = new Map(shown(["it's"]).map(({ id, text }) => [id, text]));
  for (const id of ['python', 'node']) {
    expect(byId.get(id)).toContain('"https://llm.example/v1"'.replaceAll('"', id === 'node' ? "'" : '"'));
    expect(byId.get(id)).toContain(KEY);
  }
  expect(byId.get('curl')).toContain("it'\\''s");
  expect(byId.get('openwebui')).toContain('OPENAI_API_BASE_URL=http://litellm:4000/v1');
});
