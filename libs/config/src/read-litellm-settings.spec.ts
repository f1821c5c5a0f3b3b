import { describe, expect, test } from '@jest/globals';
import { type LitellmSettings } from './app-config.js';
import { configFrom, problemsFrom } from './testing.js';

function settingsOf(settings: string, env: Record<string, string> = {}): LitellmSettings {
  return configFrom(`litellm_settings: {${settings}}`, env).litellm;
}

function warningsOf(settings: string): readonly string[] {
  return configFrom(`litellm_settings: {${settings}}`).warnings;
}

describe('litellm_settings', () => {
  test('defaults', () => {
    expect(settingsOf('')).toEqual({
      requestTimeoutMs: 6_000_000,
      callbacks: [],
      successCallbacks: [],
      failureCallbacks: [],
      requireAuthForMetrics: false,
      publishesBudgets: false,
      dropParams: false,
      turnOffMessageLogging: false,
      teamDefaults: {},
      userDefaults: {},
      langfuseDefaultTags: [],
      webSearch: { toolName: null, maxLoops: 3 },
      cache: null,
      maxBudgetPicoUsd: null,
      budgetDuration: null,
      keyDefaults: {},
      keyGeneration: {
        team: { allowedRoles: null, requiredParams: [] },
        personal: { allowedRoles: null, requiredParams: [] },
      },
      keyBounds: {},
    });
  });

  test('values in their own types', () => {
    expect(
      settingsOf(`request_timeout: 600, require_auth_for_metrics_endpoint: "true", drop_params: true,
        turn_off_message_logging: yes, prometheus_initialize_budget_metrics: true, langfuse_default_tags: [a, b], max_budget: 0.1, budget_duration: 30d`),
    ).toMatchObject({
      requestTimeoutMs: 600_000,
      requireAuthForMetrics: true,
      publishesBudgets: true,
      dropParams: true,
      turnOffMessageLogging: true,
      langfuseDefaultTags: ['a', 'b'],
      maxBudgetPicoUsd: 100_000_000_000n,
      budgetDuration: '30d',
    });
  });

  test('REQUEST_TIMEOUT is the default of request_timeout', () => {
    expect(settingsOf('', { REQUEST_TIMEOUT: '30' }).requestTimeoutMs).toBe(30_000);
    expect(settingsOf('request_timeout: 10', { REQUEST_TIMEOUT: '30' }).requestTimeoutMs).toBe(10_000);
  });

  test.each([
    ['max_budget: much', 'max_budget'],
    ['max_budget: -1', 'max_budget'],
    ['budget_duration: month', 'budget_duration'],
    ['drop_params: sometimes', 'drop_params'],
    ['callbacks: {a: b}', 'callbacks'],
  ])('%s is a problem', (settings, name) => {
    expect(problemsFrom(`litellm_settings: {${settings}}`)).toMatchObject([
      { path: `litellm_settings.${name}`, line: 1 },
    ]);
  });

  test('a duration without a budget is a warning', () => {
    expect(warningsOf('budget_duration: 30d').join()).toContain('Without `max_budget` it has no effect.');
  });
});

describe('callbacks', () => {
  test('one name need not be a list, and no name counts twice', () => {
    expect(settingsOf('callbacks: prometheus, success_callback: [langfuse, langfuse]')).toMatchObject({
      callbacks: ['prometheus'],
      successCallbacks: ['langfuse'],
    });
  });

  test('an unsupported one is named', () => {
    expect(warningsOf('callbacks: [prometheus, datadog]')).toEqual([
      'config.yaml:1:44 litellm_settings.callbacks[1]: The callback `datadog` is not supported; it is ignored. ' +
        'Known: langfuse, langfuse_otel, prometheus, websearch_interception.',
    ]);
  });

  test('the search may be set up inside its callback', () => {
    const settings = 'callbacks: [{websearch_interception: {search_tool_name: web, max_agentic_loops: 5}}]';
    expect(settingsOf(settings)).toMatchObject({
      callbacks: ['websearch_interception'],
      webSearch: { toolName: 'web', maxLoops: 5 },
    });
  });

  test('or beside it', () => {
    const settings = `callbacks: [websearch_interception],
      websearch_interception_params: {enabled_providers: [openai], search_tool_name: web}`;
    expect(settingsOf(settings).webSearch).toEqual({ toolName: 'web', maxLoops: 3 });
    expect(warningsOf(settings)).toEqual([]);
  });

  test('endless searching is refused', () => {
    const yaml = 'litellm_settings: {websearch_interception_params: {max_agentic_loops: 1000}}';
    expect(problemsFrom(yaml)).toMatchObject([
      { path: 'litellm_settings.websearch_interception_params.max_agentic_loops' },
    ]);
  });
});
