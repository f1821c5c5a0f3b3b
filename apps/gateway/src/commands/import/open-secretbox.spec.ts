import { describe, expect, test } from '@jest/globals';
import { openSecretbox } from './open-secretbox.js';

/** Made by TweetNaCl: `crypto_secretbox` with the SHA-256 of `salt-of-litellm`, the nonce in front, as base64. */
const SHORT = 'MDc-RUxTWmFob3Z9hIuSmaCnrrW8w8rRm4p2rZtcYzhPneLJJgpCjMnRt9bP99tRuWUnIdmE-r7kpbyc';
const STANDARD_ALPHABET = 'eoGIj5adpKuyucDHztXc4+rx+P8GDRQb0MtVkug1H8XlXvOBR+cq9QPnLgUC2Xj0zV5rzSQkkvu3jQ==';
const SEVERAL_BLOCKS =
  'DhUcIyoxOD9GTVRbYmlwd36FjJOaoaivZ7D4ECXiL4tNcw7DGq8Gl3Jdq85zzArymBtC7QNfKtuiXm7XKHIS7XpFm/gewq3S9FuKyGWav5WCN66OqvPNJapXzca9ZxLsx3tCez7TacMNdzPSvB91iEm8o7v63fmUC8xk7BwXQzCKC6biXO/UULBaK/AiKPeXfIp4XV3WtEog2VlJpWKHAdADlkRI8b10qSKnWfWgsjDaViBkqcbHnDkMMRHaVWZJcklP2nNu4gjbxu2JECunnBcCVtC5bBTMixF+dWV0919hFbFY55YUPSPEWDuCzK/8XYxa5LVQ3S+SkrlBExeaMGVf';
const EMPTY = 'MzpBSE9WXWRrcnmAh46VnKOqsbi_xs3UPZt0S32o9h_Br-WG68h_ZA==';
const SALT = 'salt-of-litellm';

describe('opening what LiteLLM has encrypted', () => {
  test('gives the text in either alphabet, of any length', () => {
    expect(openSecretbox(SHORT, SALT)).toBe('openai/qwen3-30b-a3b');
    expect(openSecretbox(STANDARD_ALPHABET, SALT)).toBe('sk-upstream-secret');
    expect(openSecretbox(SEVERAL_BLOCKS, SALT)).toBe(`${'ä'.repeat(100)} over three blocks`);
    expect(openSecretbox(EMPTY, SALT)).toBe('');
  });

  test('gives nothing for another key, a changed byte, or what was never encrypted', () => {
    expect(openSecretbox(SHORT, 'another salt')).toBeNull();
    for (let index = 0; index < SHORT.length; index += 7) {
      const other = SHORT[index] === 'A' ? 'B' : 'A';
      expect(openSecretbox(SHORT.slice(0, index) + other + SHORT.slice(index + 1), SALT)).toBeNull();
    }
    for (const plain of ['', 'openai/gpt-4o', 'os.environ/KEY', 'sk-short', 'a'.repeat(200)]) {
      expect(openSecretbox(plain, SALT)).toBeNull();
    }
  });
});
