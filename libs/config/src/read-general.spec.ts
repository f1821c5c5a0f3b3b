import { describe, expect, test } from '@jest/globals';
import { type GeneralSettings } from './app-config.js';
import { configFrom, problemsFrom } from './testing.js';

function generalOf(settings: string): GeneralSettings {
  return configFrom(`general_settings: {${settings}}`).general;
}

function problemsOf(settings: string): ReturnType<typeof problemsFrom> {
  return problemsFrom(`general_settings: {${settings}}`);
}

describe('general_settings', () => {
  test('everything is closed unless it is opened', () => {
    expect(configFrom('{}').general).toEqual({
      publicRoutes: [],
      passThroughEndpoints: [],
      keyHeaderName: null,
      allowedHosts: [],
      trustedProxies: [],
      clientRateLimit: null,
      allowMockRequests: false,
      allowPrivateUpstreams: true,
      maxRequestBytes: 20 * 1024 * 1024,
      storePromptsInSpendLogs: false,
      storedPromptsRetentionMs: 30 * 86_400_000,
      spendLogsRetentionMs: null,
      userHeaderName: null,
      compat: 'latest',
      alwaysIncludeStreamUsage: false,
      moderationModel: null,
      disableResponsesIdSecurity: false,
    });
  });

  test('what is written is in its own type', () => {
    expect(
      generalOf(`public_routes: [/v1/models, /docs/*], litellm_key_header_name: X-Key, allowed_hosts: [LLM.example.org],
        trusted_proxies: [172.18.0.0/16, 10.0.0.2], client_rate_limit: {average: 100, burst: 200},
        allow_mock_requests: "True", allow_private: false, max_request_size_mb: 0.5, store_prompts_in_spend_logs: true,
        maximum_spend_logs_retention_period: 7d,
        maximum_stored_prompts_retention_period: 3d, user_header_name: X-User, compat: 1.81,
        always_include_stream_usage: true, moderation_model: watcher, disable_responses_id_security: true`),
    ).toEqual({
      publicRoutes: ['/v1/models', '/docs/*'],
      passThroughEndpoints: [],
      keyHeaderName: 'x-key',
      allowedHosts: ['llm.example.org'],
      trustedProxies: ['172.18.0.0/16', '10.0.0.2/32'],
      clientRateLimit: { average: 100, burst: 200 },
      allowMockRequests: true,
      allowPrivateUpstreams: false,
      maxRequestBytes: 512 * 1024,
      storePromptsInSpendLogs: true,
      storedPromptsRetentionMs: 3 * 86_400_000,
      spendLogsRetentionMs: 604_800_000,
      userHeaderName: 'x-user',
      compat: '1.81',
      alwaysIncludeStreamUsage: true,
      moderationModel: 'watcher',
      disableResponsesIdSecurity: true,
    });
  });

  test.each([
    ['public_routes: ["/*"]', 'public_routes'],
    ['trusted_proxies: [everyone]', 'trusted_proxies'],
    ['max_request_size_mb: 0', 'max_request_size_mb'],
    ['maximum_spend_logs_retention_period: 7', 'maximum_spend_logs_retention_period'],
    ['compat: 2', 'compat'],
    ['litellm_key_header_name: a b', 'litellm_key_header_name'],
    ['client_rate_limit: {average: 0, burst: 1}', 'client_rate_limit.average'],
    ['client_rate_limit: {average: 5}', 'client_rate_limit'],
    ['client_rate_limit: 5', 'client_rate_limit'],
  ])('%s is a problem of its line', (settings, path) => {
    const [problem] = problemsOf(settings);
    expect(problem).toMatchObject({ file: 'config.yaml', line: 1 });
    expect(problem?.path).toContain(`general_settings.${path}`);
  });

  test('the limit of an address is switched off by false', () => {
    expect(generalOf('client_rate_limit: false').clientRateLimit).toBeNull();
  });

  test('user_header_mappings name the header of the customer', () => {
    const mappings = 'user_header_mappings: [{header_name: X-Me, litellm_user_role: customer}]';
    expect(generalOf(mappings).userHeaderName).toBe('x-me');
    expect(generalOf(`${mappings}, user_header_name: X-User`).userHeaderName).toBe('x-user');
  });

  test('a mapping for another role says that it is not supported', () => {
    const yaml =
      'general_settings: {user_header_mappings: [{header_name: X-Me, litellm_user_role: internal_user}]}';
    expect(configFrom(yaml).general.userHeaderName).toBeNull();
    expect(configFrom(yaml).warnings.join()).toContain('Only the role customer is supported');
  });

  test('a proxy that could be anybody is a warning', () => {
    const yaml = 'general_settings: {trusted_proxies: [0.0.0.0/0]}';
    expect(configFrom(yaml).warnings.join()).toContain('any client may claim to be another');
  });

  test('text in place of the section is a problem', () => {
    expect(problemsFrom('general_settings: open')).toMatchObject([
      { path: 'general_settings', message: 'Settings belong here, but it is text.' },
    ]);
  });
});

describe('pass_through_endpoints', () => {
  const endpoint = (text: string): GeneralSettings['passThroughEndpoints'] =>
    generalOf(`pass_through_endpoints: [{${text}}]`).passThroughEndpoints;

  test('an endpoint has LiteLLM defaults', () => {
    expect(endpoint('path: /tts, target: "http://tts:8000"')).toEqual([
      {
        path: '/tts',
        target: 'http://tts:8000',
        includeSubpath: false,
        auth: false,
        forwardHeaders: false,
        mergeQueryParams: false,
        headers: {},
        costPerRequestPicoUsd: null,
      },
    ]);
  });

  test('all that is written is read', () => {
    const text = `path: /tts/, target: "http://tts:8000/v1/", include_subpath: true, auth: "True", forward_headers: true,
      merge_query_params: true, headers: {Authorization: bearer x}, cost_per_request: 0.001`;
    expect(endpoint(text)).toEqual([
      {
        path: '/tts',
        target: 'http://tts:8000/v1',
        includeSubpath: true,
        auth: true,
        forwardHeaders: true,
        mergeQueryParams: true,
        headers: { authorization: 'bearer x' },
        costPerRequestPicoUsd: 1_000_000_000n,
      },
    ]);
  });

  test('a pair of Langfuse keys becomes basic authentication', () => {
    const headers = 'headers: {LANGFUSE_PUBLIC_KEY: pk, LANGFUSE_SECRET_KEY: sk, x-a: b}';
    expect(endpoint(`path: /lf, target: "http://lf", ${headers}`)[0]?.headers).toEqual({
      'x-a': 'b',
      authorization: `Basic ${btoa('pk:sk')}`,
    });
  });

  test('`/..` takes the last part of an address away', () => {
    const yaml =
      'general_settings: {pass_through_endpoints: [{path: /tts, target: os.environ/OPENEDAI_SPEECH_API_BASE/..}]}';
    const target = (base: string): string | undefined =>
      configFrom(yaml, { OPENEDAI_SPEECH_API_BASE: base }).general.passThroughEndpoints[0]?.target;
    expect(target('http://127.0.0.1:9/v1')).toBe('http://127.0.0.1:9');
    expect(target('http://127.0.0.1:9')).toBe('http://127.0.0.1:9');
  });

  test.each([
    ['{path: /tts}', '`target` is missing.'],
    ['{target: "http://a"}', '`path` is missing.'],
    ['{path: tts, target: "http://a"}', 'This is no path of its own.'],
    ['{path: /, target: "http://a"}', 'This is no path of its own.'],
    ['{path: /a/../b, target: "http://a"}', 'This is no path of its own.'],
    ['{path: /tts, target: a}', 'This is no http or https address.'],
    [
      '{path: /tts, target: "http://a", cost_per_request: -1}',
      'A price in USD, of 0 or more, belongs here; this is none.',
    ],
  ])('%s is a problem', (text, message) => {
    expect(problemsOf(`pass_through_endpoints: [${text}]`)).toMatchObject([{ message }]);
  });

  test('two endpoints on one path are a problem', () => {
    expect(
      problemsOf('pass_through_endpoints: [{path: /a, target: "http://a"}, {path: /a/, target: "http://b"}]'),
    ).toMatchObject([{ path: 'general_settings.pass_through_endpoints[1]' }]);
  });

  test('a mapping is no list', () => {
    expect(problemsOf('pass_through_endpoints: {a: b}')).toMatchObject([
      { message: 'pass_through_endpoints is no list.' },
    ]);
  });
});
