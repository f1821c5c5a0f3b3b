import { readdirSync, readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { type AppConfig } from './app-config.js';
import { envExample, withVariableTables } from './documentation.js';
import { ENVIRONMENT_TABLE } from './environment-table.js';
import { loadConfig } from './load-config.js';
import { configFrom, ENOUGH_ENVIRONMENT } from './testing.js';

const LANGFUSE = {
  LANGFUSE_PUBLIC_KEY: 'pk',
  LANGFUSE_SECRET_KEY: 'sk',
  LANGFUSE_HOST: 'http://langfuse:3000',
};

function shipped(env: Record<string, string> = {}): AppConfig {
  return loadConfig({ env: { ...ENOUGH_ENVIRONMENT, ...env }, configPath: 'config.yaml' });
}

describe('the shipped config.yaml', () => {
  test('starts with nothing set but the keys, without a complaint but Langfuse', () => {
    expect(shipped().warnings).toEqual([
      'environment LANGFUSE_PUBLIC_KEY: The callback langfuse is switched off: LANGFUSE_PUBLIC_KEY is not set.',
    ]);
    expect(shipped(LANGFUSE).warnings).toEqual([]);
  });

  test.each([
    ['gpt-4', 'openai/qwen3-30b-a3b', 'http://llama-swap:8080/v1'],
    ['gpt-4-turbo', 'openai/qwen3-30b-a3b', 'http://llama-swap:8080/v1'],
    ['gpt-3.5-turbo', 'openai/qwen2.5-14b-instruct', 'http://llama-swap:8080/v1'],
    ['*', 'openai/*', 'http://llama-swap:8080/v1'],
    ['tts-1', 'openai/tts-1', 'http://openedai-speech:8000/v1'],
    ['tts-1-hd', 'openai/tts-1-hd', 'http://openedai-speech:8000/v1'],
    ['styletts2', 'openai/styletts2', 'http://styletts2-openai:8000/v1'],
    ['whisper-large-v3', 'openai/whisper-large-v3', 'http://faster-whisper:8000/v1'],
    ['whisper-1', 'openai/whisper-1', 'http://faster-whisper:8000/v1'],
  ])('%s is %s at %s', (modelName, model, apiBase) => {
    expect(shipped().models.filter((entry) => entry.modelName === modelName)).toMatchObject([
      { model, apiBase },
    ]);
  });

  test('language models may call functions; speech has its mode', () => {
    const info = Object.fromEntries(
      shipped().models.map(({ modelName, modelInfo }) => [modelName, modelInfo]),
    );
    for (const name of ['gpt-4', 'gpt-4-turbo', 'gpt-3.5-turbo', '*']) {
      expect(info[name]).toMatchObject({ supports_function_calling: true });
    }
    expect(info['tts-1']).toMatchObject({ mode: 'audio_speech' });
    expect(info['whisper-1']).toMatchObject({ mode: 'audio_transcription' });
  });

  test('the backends are where the variables say', () => {
    const bases = {
      LLAMA_SWAP_API_BASE: 'http://127.0.0.1:1/v1',
      OPENEDAI_SPEECH_API_BASE: 'http://127.0.0.1:2/v1',
      STYLETTS2_API_BASE: 'http://127.0.0.1:3/v1',
      FASTER_WHISPER_API_BASE: 'http://127.0.0.1:4/v1',
      SEARXNG_API_BASE: 'http://127.0.0.1:5',
    };
    const config = shipped(bases);
    const used = [...config.models, ...config.searchTools].map(({ apiBase }) => apiBase);
    expect(new Set(used)).toEqual(new Set(Object.values(bases)));
    expect(config.general.passThroughEndpoints.map(({ target }) => target)).toEqual([
      'http://127.0.0.1:2',
      'http://127.0.0.1:3',
      'http://127.0.0.1:4',
    ]);
  });

  test('pass-through routes are open and take all below them', () => {
    expect(shipped().general.passThroughEndpoints).toMatchObject([
      { path: '/tts', includeSubpath: true, auth: false },
      { path: '/styletts2', includeSubpath: true, auth: false },
      { path: '/stt', includeSubpath: true, auth: false },
    ]);
  });

  test('models and metrics are shown without a key, and nothing else', () => {
    expect(shipped().general.publicRoutes).toEqual(['/v1/models', '/metrics']);
  });

  test('the limit is that of the reverse proxy; no proxy is trusted unasked', () => {
    expect(shipped().general).toMatchObject({
      clientRateLimit: { average: 100, burst: 200 },
      trustedProxies: [],
    });
  });

  test('the search tool and Langfuse are there', () => {
    const config = shipped(LANGFUSE);
    expect(config.searchTools).toMatchObject([{ name: 'searxng-search', provider: 'searxng' }]);
    expect(config.langfuse).toMatchObject({ publicKey: 'pk', host: 'http://langfuse:3000' });
    expect(config.litellm.callbacks).toEqual(['prometheus', 'langfuse']);
  });
});

describe('what is generated', () => {
  test('.env.example is what the table gives', () => {
    expect(readFileSync('.env.example', 'utf8')).toBe(envExample());
  });

  test('the tables of docs/configuration.md are what the table gives', () => {
    const page = readFileSync('docs/configuration.md', 'utf8');
    expect(page).toBe(withVariableTables(page));
  });

  test('a page without the marks is refused instead of spoilt', () => {
    expect(() => withVariableTables('# Configuration')).toThrow('has lost the marks');
  });

  test('.env.example with the keys filled in starts the shipped configuration', () => {
    const env = { ...parseEnv(envExample()), LITELLM_MASTER_KEY: 'sk-filled-in-by-the-reader' };
    expect(loadConfig({ env, configPath: 'config.yaml' }).models).not.toEqual([]);
  });

  test('every line of .env.example that is no comment is a variable of the table', () => {
    const names = Object.keys(parseEnv(envExample().replaceAll(/^# (?=[A-Z0-9_]+=)/gm, '')));
    expect(names.sort()).toEqual(ENVIRONMENT_TABLE.map(({ name }) => name).sort());
  });
});

describe('docs/configuration.md', () => {
  const page = readFileSync('docs/configuration.md', 'utf8');

  /** The names in the first column of the tables under a heading. */
  function documented(heading: string): string[] {
    const chapter = page.slice(page.indexOf(heading)).split(/\n#+ /)[0] ?? '';
    const cells = [...chapter.matchAll(/^\| (`.*?) \|/gm)].map(([, cell]) => cell ?? '');
    return cells.flatMap((cell) => [...cell.matchAll(/`([a-z_]+)`/g)].map(([, name]) => name ?? ''));
  }

  test.each([
    ['router_settings', '## `router_settings`', 15],
    ['litellm_settings', '## `litellm_settings`', 11],
    ['general_settings', '## `general_settings`', 18],
  ])('promises only settings of %s that exist', (section, heading, atLeast) => {
    const names = documented(heading);
    expect(names.length).toBeGreaterThanOrEqual(atLeast);
    const settings = names.map((name) => `  ${name}:`).join('\n');
    expect(configFrom(`${section}:\n${settings}`).warnings).toEqual([]);
  });

  test.each([
    ['### `litellm_params`', 'litellm_params', 20],
    ['### `pass_through_endpoints`', 'general_settings.pass_through_endpoints', 8],
  ])('promises only settings under %s that exist', (heading, section, atLeast) => {
    const names = documented(heading).filter(
      (name) => !['model', 'path', 'target', 'litellm_credential_name'].includes(name),
    );
    expect(names.length).toBeGreaterThanOrEqual(atLeast - 4);
    const nulls = names.map((name) => `${name}: null`).join(', ');
    const model = `model_list: [{model_name: a, litellm_params: {model: openai/a, ${nulls}}}]`;
    const endpoint = `general_settings: {pass_through_endpoints: [{path: /a, target: "http://a", ${nulls}}]}`;
    expect(configFrom(section === 'litellm_params' ? model : endpoint).warnings).toEqual([]);
  });

  test('names every setting that the code asks for', () => {
    const files = readdirSync('libs/config/src').filter((name) =>
      /^(read-|model-).*(?<!\.spec)\.ts$/.test(name),
    );
    const source = files.map((name) => readFileSync(`libs/config/src/${name}`, 'utf8')).join('\n');
    const calls = /\b(?:read|readOr|need|entry|flag|callbacks|fallbacks|orDefault)\(\s*'([a-z_]+)'/g;
    const names = new Set([...source.matchAll(calls)].map(([, name]) => name ?? ''));
    expect(names.size).toBeGreaterThan(80);
    expect([...names].filter((name) => !page.includes(name))).toEqual([]);
  });

  test('its examples are accepted', () => {
    const examples = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, yaml]) => yaml ?? '');
    expect(examples.length).toBeGreaterThanOrEqual(4);
    for (const yaml of examples) expect(configFrom(yaml, { GPU_KEY: 'k' }).warnings).toEqual([]);
  });
});
