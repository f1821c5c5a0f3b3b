import { describe, expect, test } from '@jest/globals';
import { configFrom, problemsFrom } from './testing.js';

const YAML = 'litellm_settings: {callbacks: [langfuse]}';
const KEYS = { LANGFUSE_PUBLIC_KEY: 'pk-lf-1', LANGFUSE_SECRET_KEY: 'sk-lf-1' };

describe('Langfuse', () => {
  test('is on where a callback asks for it and both keys are set', () => {
    const { langfuse } = configFrom(YAML, KEYS);
    expect(langfuse).toMatchObject({
      publicKey: 'pk-lf-1',
      host: 'https://cloud.langfuse.com',
      transport: 'auto',
      release: null,
      environment: null,
      flushIntervalMs: 1_000,
    });
    expect(langfuse?.secretKey.reveal()).toBe('sk-lf-1');
  });

  test.each(['success_callback', 'failure_callback', 'callbacks'])('%s asks for it', (name) => {
    expect(configFrom(`litellm_settings: {${name}: langfuse}`, KEYS).langfuse).not.toBeNull();
  });

  test.each(['LANGFUSE_PUBLIC_KEY', 'LANGFUSE_SECRET_KEY'])(
    'is switched off with a warning where %s is unset',
    (name) => {
      const config = configFrom(YAML, { ...KEYS, [name]: '' });
      expect(config.langfuse).toBeNull();
      expect(config.warnings).toContain(
        `environment ${name}: The callback langfuse is switched off: ${name} is not set.`,
      );
    },
  );

  test('keys without a callback send nothing, with a warning', () => {
    const config = configFrom('{}', KEYS);
    expect(config.langfuse).toBeNull();
    expect(config.warnings.join()).toContain('No callback of config.yaml says `langfuse`');
  });

  test('nothing is said where nobody wants it', () => {
    expect(configFrom('{}').warnings).toEqual([]);
  });

  test('LANGFUSE_BASE_URL means LANGFUSE_HOST, which wins', () => {
    const other = { ...KEYS, LANGFUSE_BASE_URL: 'http://other:3000/' };
    expect(configFrom(YAML, other).langfuse?.host).toBe('http://other:3000');
    expect(configFrom(YAML, { ...other, LANGFUSE_HOST: 'http://langfuse:3000' }).langfuse?.host).toBe(
      'http://langfuse:3000',
    );
  });

  test('the rest is read', () => {
    const env = {
      ...KEYS,
      LANGFUSE_TRANSPORT: 'legacy',
      LANGFUSE_RELEASE: 'r1',
      LANGFUSE_TRACING_ENVIRONMENT: 'production',
      LANGFUSE_FLUSH_INTERVAL: '0.5',
    };
    expect(configFrom(YAML, env).langfuse).toMatchObject({
      transport: 'legacy',
      release: 'r1',
      environment: 'production',
      flushIntervalMs: 500,
    });
  });

  test('a wrong address or transport is a problem', () => {
    expect(
      problemsFrom(YAML, { ...KEYS, LANGFUSE_HOST: 'langfuse', LANGFUSE_TRANSPORT: 'pigeon' }),
    ).toMatchObject([{ path: 'LANGFUSE_HOST' }, { path: 'LANGFUSE_TRANSPORT' }]);
  });
});
