import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { ConfigError, EXIT_CONFIG } from './config-error.js';
import { loadConfig } from './load-config.js';
import { configFrom, ENOUGH_ENVIRONMENT, problemsFrom } from './testing.js';

function errorOf(load: () => unknown): ConfigError {
  try {
    load();
  } catch (error) {
    if (error instanceof ConfigError) return error;
  }
  throw new Error('No ConfigError was thrown.');
}

describe('all mistakes at once', () => {
  const yaml = `model_list:
  - model_name: a
    litellm_params:
      model: openai/x
      api_base: nowhere
      rpm: many
router_settings:
  routing_strategy: dice
  num_retries: -1
general_settings:
  trusted_proxies: [everyone]
  pass_through_endpoints: [{path: tts, target: x}]
litellm_settings: {max_budget: lots}
search_tools: [{}]
`;
  const env = { PORT: 'x', LITELLM_LOG: 'LOUD', LITELLM_MASTER_KEY: 'sk-1234', DATABASE_URL: 'mysql://x' };

  test('of every section and of the environment', () => {
    expect(
      problemsFrom(yaml, env)
        .map(({ path }) => path)
        .sort(),
    ).toEqual([
      'DATABASE_URL',
      'LITELLM_LOG',
      'LITELLM_MASTER_KEY',
      'PORT',
      'general_settings.pass_through_endpoints[0].path',
      'general_settings.pass_through_endpoints[0].target',
      'general_settings.trusted_proxies[0]',
      'litellm_settings.max_budget',
      'model_list[0].litellm_params.api_base',
      'model_list[0].litellm_params.rpm',
      'router_settings.num_retries',
      'router_settings.routing_strategy',
      'search_tools[0]',
      'search_tools[0]',
    ]);
  });

  test('each with its place and what to do', () => {
    for (const problem of problemsFrom(yaml, env)) {
      expect(problem.message).toMatch(/\.$/);
      expect(problem.remedy.length).toBeGreaterThan(5);
      expect(problem.line === null).toBe(problem.file === 'environment');
    }
  });

  test('a file that is no YAML does not hide the mistakes of the environment', () => {
    const places = problemsFrom('a: "', { PORT: 'x' }).map(({ file }) => file);
    expect(places).toEqual(['config.yaml', 'environment']);
  });

  test('a missing file does not hide a missing key', () => {
    const error = errorOf(() => loadConfig({ env: {}, configPath: '/nowhere/config.yaml' }));
    expect(error.problems.map(({ message }) => message)).toEqual([
      'There is no file /nowhere/config.yaml.',
      'The master key is missing; whoever guesses it owns the gateway.',
    ]);
  });
});

describe('the error', () => {
  test('is a text for terminals, each problem a block that begins with its place', () => {
    const yaml = 'router_settings:\n  num_retries: many\n';
    const error = errorOf(() => configFrom(yaml, { PORT: 'x' }));
    expect(error.message).toBe(`2 problems in the configuration:

environment PORT: A whole number from 0 to 65535 belongs here; this is none.
  → Write a whole number from 0 to 65535, without a unit.

config.yaml:2:3 router_settings.num_retries: A whole number from 0 to 100 belongs here; this is none.
  → Write a whole number from 0 to 100, without a unit.`);
  });

  test('says "1 problem" of one', () => {
    expect(errorOf(() => configFrom('', { PORT: 'x' })).message).toMatch(
      /^1 problem in the configuration:\n\n/,
    );
  });

  test('carries the exit code of a wrong configuration', () => {
    expect(errorOf(() => configFrom('', { PORT: 'x' })).exitCode).toBe(EXIT_CONFIG);
    expect(EXIT_CONFIG).toBe(78);
  });

  test('never holds a value, which may be a secret', () => {
    const secret = 'geheim 123';
    const yaml = `model_list:
  - model_name: a
    litellm_params: {model: openai/x, api_base: '${secret}', api_key: '${secret}', rpm: '${secret}'}
general_settings: {master_key: '${secret}', compat: '${secret}', trusted_proxies: ['${secret}']}
litellm_settings: {request_timeout: '${secret}', max_budget: '${secret}', budget_duration: '${secret}'}
`;
    const error = errorOf(() =>
      configFrom(yaml, { LITELLM_SALT_KEY: secret, DATABASE_URL: secret, UI_PASSWORD: secret }),
    );
    expect(error.problems.length).toBeGreaterThanOrEqual(12);
    expect(error.message).not.toContain(secret);
  });
});

describe('the result', () => {
  test('is frozen to its leaves', () => {
    const config = configFrom(`model_list:
  - {model_name: a, litellm_params: {model: openai/x, api_base: http://a, stop: [x]}, model_info: {a: {b: [1]}}}`);
    const thawed: string[] = [];
    const visit = (value: unknown, path: string): void => {
      if (typeof value !== 'object' || value === null) return;
      if (!Object.isFrozen(value)) thawed.push(path);
      for (const [name, part] of Object.entries(value)) visit(part, `${path}.${name}`);
    };
    visit(config, 'config');
    expect(thawed).toEqual([]);
    expect(() => Object.assign(config.models[0]?.modelInfo ?? {}, { id: 'x' })).toThrow(TypeError);
  });

  test('does not depend on the environment of this process', () => {
    process.env['SEARXNG_API_BASE'] = 'http://leak';
    const { searchTools } = configFrom(
      'search_tools: [{search_tool_name: a, litellm_params: {search_provider: searxng}}]',
    );
    delete process.env['SEARXNG_API_BASE'];
    expect(searchTools[0]?.apiBase).toBe('http://searxng:8080');
  });

  test('leaves the environment that it is given as it was', () => {
    const env = Object.freeze({ ...ENOUGH_ENVIRONMENT });
    expect(() => configFrom('environment_variables: {PORT: 1}', env)).not.toThrow();
  });

  test('knows its file, by the option or by CONFIG_FILE_PATH', () => {
    const folder = mkdtempSync(join(tmpdir(), 'gateway-config-'));
    const path = join(folder, 'mine.yaml');
    writeFileSync(path, 'router_settings: {num_retries: 9}');
    const byVariable = loadConfig({ env: { ...ENOUGH_ENVIRONMENT, CONFIG_FILE_PATH: path } });
    const byOption = loadConfig({
      env: { ...ENOUGH_ENVIRONMENT, CONFIG_FILE_PATH: '/nowhere' },
      configPath: path,
    });
    rmSync(folder, { recursive: true });
    for (const config of [byVariable, byOption]) {
      expect(config).toMatchObject({ configPath: path, configFiles: [path], router: { numRetries: 9 } });
    }
  });
});

describe('the process', () => {
  test('has defaults', () => {
    expect(configFrom('{}')).toMatchObject({
      host: '0.0.0.0',
      port: 4000,
      workers: 1,
      logLevel: 'info',
      corsOrigins: [],
      spoolDir: '/tmp',
      publicUrl: null,
      allowInsecureDev: false,
    });
  });

  test('is told by variables', () => {
    expect(
      configFrom('{}', {
        HOST: '::1',
        PORT: '0',
        NUM_WORKERS: '4',
        LITELLM_LOG: 'WARNING',
        LITELLM_CORS_ORIGINS: 'https://a.example.org, http://localhost:3000,',
        TMPDIR: '/var/spool',
        PROXY_BASE_URL: 'https://llm.example.org/',
      }),
    ).toMatchObject({
      host: '::1',
      port: 0,
      workers: 4,
      logLevel: 'warn',
      corsOrigins: ['https://a.example.org', 'http://localhost:3000'],
      spoolDir: '/var/spool',
      publicUrl: 'https://llm.example.org',
    });
  });

  test('WORKERS wins over NUM_WORKERS', () => {
    expect(configFrom('{}', { WORKERS: '2', NUM_WORKERS: '4' }).workers).toBe(2);
  });

  test('an empty variable counts as unset', () => {
    expect(configFrom('{}', { PORT: '', HOST: '', LITELLM_LOG: '' })).toMatchObject({
      port: 4000,
      host: '0.0.0.0',
    });
  });

  test('each wrong variable is a problem', () => {
    const env = {
      HOST: 'http://x',
      PORT: '70000',
      WORKERS: '0',
      LITELLM_LOG: 'LOUD',
      PROXY_BASE_URL: 'x',
      LITELLM_CORS_ORIGINS: 'x',
    };
    expect(
      problemsFrom('{}', env)
        .map(({ path }) => path)
        .sort(),
    ).toEqual(Object.keys(env).sort());
  });
});

describe('settings in effect', () => {
  const settings = configFrom(
    'router_settings:\n  num_retries: 4\ngeneral_settings: {client_rate_limit: {average: 1, burst: 2}}',
    {
      DEFAULT_ALLOWED_FAILS: '9',
      DATABASE_URL: 'postgres://u:geheim@h/d',
      UI_PASSWORD: 'geheim-and-long',
      HOST: '127.0.0.1',
    },
  ).settings;
  const find = (name: string): unknown => settings.find((setting) => setting.name === name);

  test.each([
    ['router_settings.num_retries', '4', 'config.yaml, line 2'],
    ['router_settings.max_fallbacks', '5', 'default'],
    ['router_settings.allowed_fails', '9', 'environment, DEFAULT_ALLOWED_FAILS'],
    ['general_settings.client_rate_limit', 'average: 1, burst: 2', 'config.yaml, line 3'],
    ['HOST', '127.0.0.1', 'environment'],
    ['PORT', '4000', 'default'],
    ['LITELLM_MASTER_KEY', 'set', 'environment'],
    ['DATABASE_URL', 'set', 'environment'],
  ])('%s is %s from %s', (name, value, from) => {
    expect(find(name)).toEqual({ name, value, from });
  });

  test('no secret is among them, and none stands there twice', () => {
    expect(JSON.stringify(settings)).not.toContain('geheim');
    expect(new Set(settings.map(({ name }) => name)).size).toBe(settings.length);
  });
});
