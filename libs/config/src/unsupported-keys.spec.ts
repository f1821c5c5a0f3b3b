import { describe, expect, test } from '@jest/globals';
import { unsupportedNames, whyUnsupported } from './unsupported-keys.js';
import { configFrom } from './testing.js';

function warningsOf(yaml: string, env: Record<string, string> = {}): string {
  return configFrom(yaml, env).warnings.join('\n');
}

describe('settings of LiteLLM that are not here', () => {
  test.each([
    ['litellm_settings: {json_logs: true}', 'litellm_settings.json_logs'],
    ['general_settings: {alerting: [slack]}', 'general_settings.alerting'],
    ['router_settings: {retry_after: 1}', 'router_settings.retry_after'],
    ['guardrails: [{guardrail_name: x}]', 'guardrails'],
  ])('%s is a warning with its full path', (yaml, path) => {
    expect(warningsOf(yaml)).toMatch(
      new RegExp(`^config\\.yaml:1:\\d+ ${path.replace('.', '\\.')}: LiteLLM has this setting`),
    );
  });

  test.each(['false', '"False"', 'null', '[]', '{}', '""', '0', 'off'])(
    'switched off (%s) they need no warning',
    (value) => {
      expect(warningsOf(`litellm_settings: {json_logs: ${value}}`)).toBe('');
    },
  );

  test.each([
    'general_settings: {allowed_ips: [10.0.0.1]}',
    'general_settings: {enforce_user_param: true}',
    'litellm_settings: {max_user_budget: 1}',
    'guardrails: [{guardrail_name: pii}]',
  ])('%s says that nothing is restricted', (yaml) => {
    expect(warningsOf(yaml)).toContain('it is ignored and restricts nothing');
  });

  test('where there is another way it is named', () => {
    expect(warningsOf('general_settings: {use_x_forwarded_for: true}')).toContain(
      'general_settings.trusted_proxies',
    );
  });

  test('variables of LiteLLM are named, too', () => {
    expect(warningsOf('{}', { REDIS_HOST: 'redis', SERVER_ROOT_PATH: '/x' })).toMatch(
      /environment REDIS_HOST: LiteLLM has this setting[\s\S]*environment SERVER_ROOT_PATH: LiteLLM has/,
    );
  });

  test('a name is known only in its own section', () => {
    expect(whyUnsupported('litellm_settings', 'json_logs')).not.toBeNull();
    expect(whyUnsupported('router_settings', 'json_logs')).toBeNull();
    expect(whyUnsupported('nowhere', 'json_logs')).toBeNull();
    expect(unsupportedNames('nowhere').size).toBe(0);
  });

  test.each(['constructor', 'toString', '__proto__'])('%s is no setting of LiteLLM', (name) => {
    expect(whyUnsupported('litellm_settings', name)).toBeNull();
    expect(whyUnsupported(name, 'cache')).toBeNull();
  });
});

describe('names that nobody knows', () => {
  test.each([
    [
      'modle_list: []',
      'config.yaml:1:1 modle_list: There is no such setting; it is ignored. Did you mean `model_list`?',
    ],
    [
      'router_settings: {num_retrys: 1}',
      'config.yaml:1:19 router_settings.num_retrys: There is no such setting; it is ignored. Did you mean `num_retries`?',
    ],
    [
      'general_settings: {zebra: 1}',
      'config.yaml:1:20 general_settings.zebra: There is no such setting; it is ignored.',
    ],
  ])('%s', (yaml, warning) => {
    expect(configFrom(yaml).warnings).toEqual([warning]);
  });

  test('variables that look like ours', () => {
    expect(warningsOf('{}', { LITELLM_MASTER_KEYS: 'x' })).toBe(
      'environment LITELLM_MASTER_KEYS: No variable has this name. Did you mean LITELLM_MASTER_KEY?',
    );
  });

  test('variables of others are nobody’s business', () => {
    const env = {
      PATH: '/bin',
      LITELLM_PORT: 'tcp://10.0.0.1:4000',
      LITELLM_SERVICE_HOST: '10.0.0.1',
      HOSTS: 'x',
    };
    expect(warningsOf('{}', env)).toBe('');
  });
});
