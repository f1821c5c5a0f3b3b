import { describe, expect, test } from '@jest/globals';
import { Secret } from '@app/call';
import { CredentialSeal, SealError, withoutCredentials } from './credential-seal.js';

const seal = new CredentialSeal(new Secret('salt-one-0123456789'));
const PARAMS = {
  model: 'openai/x',
  api_base: 'http://gpu:1',
  api_key: 'sk-canary-1',
  aws_secret_access_key: 'sk-canary-2',
  extra_headers: { authorization: 'sk-canary-3' },
  max_tokens: 5,
  input_cost_per_token: '0.1',
  custom_llm_provider: 'openai',
};

describe('the credentials of a model', () => {
  test('are sealed one by one; the rest stays readable', () => {
    const sealed = seal.seal('m1', PARAMS);
    expect(JSON.stringify(sealed)).not.toContain('canary');
    expect(sealed).toMatchObject({
      model: 'openai/x',
      api_base: 'http://gpu:1',
      max_tokens: 5,
      input_cost_per_token: '0.1',
      custom_llm_provider: 'openai',
    });
    expect(seal.open('m1', sealed)).toEqual(PARAMS);
  });

  test('are never sealed to the same text twice, nor sealed again', () => {
    const once = seal.seal('m1', PARAMS);
    expect(seal.seal('m1', PARAMS)['api_key']).not.toBe(once['api_key']);
    expect(seal.seal('m1', once)).toEqual(once);
  });

  test('cannot be opened in another row, by another name, or with another salt key', () => {
    const sealed = seal.seal('m1', PARAMS);
    expect(() => seal.open('m2', sealed)).toThrow(SealError);
    expect(() => seal.open('m1', { api_token: sealed['api_key'] ?? null })).toThrow(SealError);
    expect(() => new CredentialSeal(new Secret('salt-two-0123456789')).open('m1', sealed)).toThrow(
      'another LITELLM_SALT_KEY',
    );
  });

  test('cannot be opened after a change of one character, and the reason tells nothing of them', () => {
    const key = seal.seal('m1', PARAMS)['api_key'] as string;
    const changed = key.slice(0, -3) + (key.at(-3) === 'A' ? 'B' : 'A') + key.slice(-2);
    expect(() => seal.open('m1', { api_key: changed })).toThrow(/^it was changed after it was encrypted$/);
    expect(() => seal.open('m1', { api_key: 'enc:v1:' })).toThrow(SealError);
  });

  test('that an older salt key sealed are read, and sealed anew with the new one', () => {
    const newer = new CredentialSeal(new Secret('salt-two-0123456789'), [new Secret('salt-one-0123456789')]);
    const sealed = {
      ...seal.seal('m1', PARAMS),
      api_token: newer.seal('m1', { api_token: 'x' })['api_token'] ?? '',
    };
    expect(newer.open('m1', sealed)).toEqual({ ...PARAMS, api_token: 'x' });
    const renewed = newer.renewed('m1', sealed);
    expect(Object.keys(renewed ?? {}).sort()).toEqual(['api_key', 'aws_secret_access_key', 'extra_headers']);
    const alone = new CredentialSeal(new Secret('salt-two-0123456789'));
    expect(alone.open('m1', { ...sealed, ...renewed })).toEqual({ ...PARAMS, api_token: 'x' });
    expect(newer.renewed('m1', { ...sealed, ...renewed })).toBeNull();
    expect([newer.seal('m1', PARAMS), newer.open('m1', sealed)].map((params) => newer.isOld(params))).toEqual(
      [false, false],
    );
  });

  test('that are references stay references', () => {
    expect(seal.seal('m1', { api_key: 'os.environ/MY_KEY' })).toEqual({ api_key: 'os.environ/MY_KEY' });
  });

  test('are not shown, sealed or open', () => {
    const shown = {
      model: 'openai/x',
      api_base: 'http://gpu:1',
      max_tokens: 5,
      input_cost_per_token: '0.1',
      custom_llm_provider: 'openai',
    };
    expect(withoutCredentials(PARAMS)).toEqual(shown);
    expect(withoutCredentials(seal.seal('m1', PARAMS))).toEqual(shown);
  });
});
