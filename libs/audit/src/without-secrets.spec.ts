import { describe, expect, test } from '@jest/globals';
import { withoutSecrets } from './without-secrets.js';

describe('secrets in a log', () => {
  test.each([
    'api_key',
    'apiKey',
    'langfuse_secret_key',
    'password',
    'aws_secret_access_key',
    'aws_access_key_id',
    'vertex_credentials',
    'Authorization',
    'private_key',
    'refresh_token',
    'key',
  ])('are recognised by the name %s', (name) => {
    expect(withoutSecrets({ deep: [{ [name]: 'hunter2' }] })).toEqual({ deep: [{ [name]: '[redacted]' }] });
  });

  test.each([
    'sk-abcdefghijkl1234567890',
    'see sk-proj-abcdefghijkl and more',
    'Bearer abcdefgh12345',
    'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln',
    'https://ann:hunter2@example.com/x',
    'AKIAABCDEFGHIJKLMNOP',
  ])('are recognised by how they look: %s', (text) => {
    const cleaned = JSON.stringify(withoutSecrets({ note: text }));
    expect(cleaned).toContain('[redacted]');
    expect(cleaned).not.toMatch(/abcdefgh|hunter2|eyJzdWIi|ABCDEFGH/);
  });

  test('are found in names as well', () => {
    expect(JSON.stringify(withoutSecrets({ 'sk-abcdefghijkl1234567890': 1 }))).not.toContain('abcdefghijkl');
  });

  test.each(['key_name', 'key_alias', 'max_tokens', 'token', 'token_id', 'tpm_limit', 'team_id'])(
    'leave %s alone',
    (name) => {
      expect(withoutSecrets({ [name]: 'sk-...abcd' })).toEqual({ [name]: 'sk-...abcd' });
    },
  );

  test('say whether there was one: null and empty stay', () => {
    expect(withoutSecrets({ api_key: null, password: '' })).toEqual({ api_key: null, password: '' });
  });

  test('are not looked for without end', () => {
    let deep: object = { password: 'x' };
    for (let i = 0; i < 5_000; i++) deep = { deep };
    expect(JSON.stringify(withoutSecrets(deep as never))).not.toContain('password');
  });
});
