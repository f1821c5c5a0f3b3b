import { describe, expect, test } from '@jest/globals';
import { isLoopback } from './read-keys.js';
import { type Problem } from './config-error.js';
import { configFrom, problemsFrom } from './testing.js';

const STRONG = 'sk-0123456789abcdefghij';
const DEV = { ALLOW_INSECURE_DEV: '1', HOST: '127.0.0.1' };

function refusal(key: string, env: Record<string, string> = {}): Problem | undefined {
  return problemsFrom('{}', { LITELLM_MASTER_KEY: key, ...env })[0];
}

describe('the master key', () => {
  test('a strong one is accepted and hidden', () => {
    const config = configFrom('{}', { LITELLM_MASTER_KEY: STRONG });
    expect(config.masterKey.reveal()).toBe(STRONG);
    expect(JSON.stringify(config)).not.toContain(STRONG);
  });

  test('need not begin with sk-', () => {
    expect(configFrom('{}', { LITELLM_MASTER_KEY: 'twenty-characters-ok' }).masterKey.reveal()).toHaveLength(
      20,
    );
  });

  test.each([
    ['', 'The master key is missing; whoever guesses it owns the gateway.'],
    ['sk-1234', 'The master key is the well-known example sk-1234; whoever guesses it owns the gateway.'],
    [
      'nineteen-characters',
      'The master key has 19 characters, fewer than 20; whoever guesses it owns the gateway.',
    ],
    [
      '<put-your-own-master-key-here>',
      'The master key is still the placeholder of the example; whoever guesses it owns the gateway.',
    ],
  ])('%j refuses to start', (key, message) => {
    expect(refusal(key)).toMatchObject({ file: 'environment', path: 'LITELLM_MASTER_KEY', message });
    expect(refusal(key)?.remedy).toContain('openssl rand -hex 24');
  });

  test.each([
    'two words of a key, long enough',
    'line-break-in-the-key\nabcdef',
    '"sk-in-quotes-0123456789"',
  ])('%j could never be sent', (key) => {
    expect(refusal(key)).toMatchObject({ path: 'LITELLM_MASTER_KEY' });
    expect(JSON.stringify(refusal(key))).not.toContain(key.slice(1, 8));
  });

  test('may stand in config.yaml, and then wins, with a warning', () => {
    const config = configFrom(`general_settings: {master_key: ${STRONG}}`);
    expect(config.masterKey.reveal()).toBe(STRONG);
    expect(config.warnings.join()).toContain(
      'It differs from LITELLM_MASTER_KEY; the one in the file holds.',
    );
  });

  test('a reference to itself is the usual way to write it there', () => {
    const config = configFrom('general_settings: {master_key: os.environ/LITELLM_MASTER_KEY}', {
      LITELLM_MASTER_KEY: STRONG,
    });
    expect(config.masterKey.reveal()).toBe(STRONG);
    expect(config.warnings).toEqual([]);
  });

  test('a reference to nothing is one problem', () => {
    const yaml = 'general_settings: {master_key: os.environ/GONE}';
    expect(problemsFrom(yaml, { LITELLM_MASTER_KEY: '' })).toHaveLength(1);
  });

  test('a weak one in config.yaml is a problem of its line', () => {
    expect(problemsFrom('general_settings:\n  master_key: sk-1234')).toMatchObject([
      { file: 'config.yaml', line: 2, path: 'general_settings.master_key' },
    ]);
  });

  test('is not missed where config.yaml, which may hold it, cannot be read', () => {
    expect(problemsFrom('general_settings: {master_key: "x', { LITELLM_MASTER_KEY: '' })).toMatchObject([
      { file: 'config.yaml' },
    ]);
  });
});

describe('ALLOW_INSECURE_DEV', () => {
  test.each(['127.0.0.1', '127.1.2.3', '::1', 'localhost'])(
    'lets a weak key pass on %s, with a warning',
    (HOST) => {
      const config = configFrom('{}', { ...DEV, HOST, LITELLM_MASTER_KEY: 'weak' });
      expect(config.allowInsecureDev).toBe(true);
      expect(config.masterKey.reveal()).toBe('weak');
      expect(config.warnings.join()).toContain('The master key has 4 characters');
    },
  );

  test('without any key sk-1234 is used, and the warning says so', () => {
    const config = configFrom('{}', { ...DEV, LITELLM_MASTER_KEY: '' });
    expect(config.masterKey.reveal()).toBe('sk-1234');
    expect(config.warnings.join()).toContain('The master key is missing. `sk-1234` is used.');
  });

  test.each(['0.0.0.0', '::', '192.168.1.5', 'gateway', ''])('means nothing on %j', (HOST) => {
    expect(refusal('weak', { ...DEV, HOST })).toMatchObject({ path: 'LITELLM_MASTER_KEY' });
    const config = configFrom('{}', { ...DEV, HOST });
    expect(config.allowInsecureDev).toBe(false);
    expect(config.warnings.join()).toContain('It has no effect');
  });

  test.each(['0', 'False', ''])('%j is off', (value) => {
    expect(refusal('weak', { ...DEV, ALLOW_INSECURE_DEV: value })).toBeDefined();
  });
});

describe('loopback', () => {
  test.each(['127.0.0.1', '127.255.255.254', '::1', 'LOCALHOST', '0:0:0:0:0:0:0:1'])('%s is', (host) => {
    expect(isLoopback(host)).toBe(true);
  });

  test.each(['128.0.0.1', '0.0.0.0', '::', '::2', 'localhost.example.org', '127.0.0.1.example.org', ''])(
    '%j is not',
    (host) => {
      expect(isLoopback(host)).toBe(false);
    },
  );
});

describe('the salt key', () => {
  test('is derived from the master key where it is empty, with a warning', () => {
    const salt = (master: string): string =>
      configFrom('{}', { LITELLM_SALT_KEY: '', LITELLM_MASTER_KEY: master }).saltKey.reveal();
    expect(salt(STRONG)).toMatch(/^[0-9a-f]{64}$/);
    expect(salt(STRONG)).toBe(salt(STRONG));
    expect(salt(STRONG)).not.toBe(salt(`${STRONG}x`));
    expect(configFrom('{}', { LITELLM_SALT_KEY: '' }).warnings.join()).toContain(
      'LITELLM_SALT_KEY: It is not set',
    );
  });

  test('of before is the one that is named, or the one that was derived from the master key that is named', () => {
    const before = configFrom('{}', { LITELLM_SALT_KEY: '', LITELLM_MASTER_KEY: STRONG }).saltKey.reveal();
    const { oldSaltKeys } = configFrom('{}', { LITELLM_SALT_KEY_OLD: STRONG });
    expect(oldSaltKeys.map((key) => key.reveal())).toEqual([STRONG, before]);
    expect(configFrom('{}').oldSaltKeys).toEqual([]);
  });

  test('is not the master key itself', () => {
    const { saltKey, masterKey } = configFrom('{}', { LITELLM_SALT_KEY: '' });
    expect(saltKey.reveal()).not.toContain(masterKey.reveal());
  });

  test('a short one is refused', () => {
    expect(problemsFrom('{}', { LITELLM_SALT_KEY: 'short' })).toMatchObject([{ path: 'LITELLM_SALT_KEY' }]);
    expect(configFrom('{}', { ...DEV, LITELLM_SALT_KEY: 'short' }).saltKey.reveal()).toBe('short');
  });
});

describe('the UI', () => {
  test('is opened by admin and the master key', () => {
    expect(configFrom('{}').ui).toEqual({ username: 'admin', password: null, allowHttp: false });
  });

  test('may have a name and a password of its own', () => {
    const { ui } = configFrom('{}', {
      UI_USERNAME: 'root',
      UI_PASSWORD: 'a-long-password',
      UI_ALLOW_HTTP: 'true',
    });
    expect(ui).toMatchObject({ username: 'root', allowHttp: true });
    expect(ui.password?.reveal()).toBe('a-long-password');
  });

  test('a short password is a warning', () => {
    expect(configFrom('{}', { UI_PASSWORD: 'secret' }).warnings.join()).toContain(
      'UI_PASSWORD: It has fewer than 12',
    );
  });
});
