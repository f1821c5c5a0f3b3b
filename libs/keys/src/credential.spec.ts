import { describe, expect, test } from '@jest/globals';
import { credentialReader } from './credential.js';

const KEY = 'sk-abcdefghijklmnopqrstuvwxyz';
const read = credentialReader();
const base64 = (text: string): string => Buffer.from(text).toString('base64');

function refusal(headers: readonly string[], reader = read): { status: number; message: string } {
  try {
    reader(headers);
  } catch (error) {
    return error as { status: number; message: string };
  }
  throw new Error('the headers were accepted');
}

describe('where a key may be sent', () => {
  test.each([
    ['Authorization', `Bearer ${KEY}`],
    ['authorization', `bearer ${KEY}`],
    ['AUTHORIZATION', `BEARER   ${KEY} `],
    ['Authorization', `Basic ${KEY}`],
    ['Authorization', `Basic ${base64(`${KEY}:`)}`],
    ['Authorization', `Basic ${base64(`user:${KEY}`)}`],
    ['Authorization', `Basic ${base64(`${KEY}:secret`)}`],
    [
      'Authorization',
      `AWS4-HMAC-SHA256 Credential=Bearer ${KEY}/20260101/us-east-1/s3/aws4_request, Signature=x`,
    ],
    ['x-litellm-api-key', KEY],
    ['X-LiteLLM-API-Key', `Bearer ${KEY}`],
    ['x-litellm-api-key', `Basic ${KEY}`],
    ['API-Key', KEY],
    ['x-api-key', KEY],
    ['X-Goog-Api-Key', KEY],
    ['Ocp-Apim-Subscription-Key', KEY],
  ])('%s: %s', (name, value) => {
    expect(read(['Host', 'a', name, value, 'Accept', '*/*'])).toBe(KEY);
  });

  test('nowhere: there is none', () => {
    expect(
      read(['Host', 'a', 'Cookie', `key=${KEY}`, 'x-api-kez', KEY, 'x-forwarded-authorization', KEY]),
    ).toBeNull();
    expect(read([])).toBeNull();
  });

  test('an empty header of another slot than Authorization is no credential', () => {
    expect(read(['x-api-key', '', 'api-key', '', 'x-litellm-api-key', ''])).toBeNull();
    expect(read(['x-api-key', '', 'Authorization', `Bearer ${KEY}`])).toBe(KEY);
  });

  test.each([
    '',
    'Bearer',
    'Basic',
    'Bearer ',
    `Token ${KEY}`,
    KEY,
    `Bearer${KEY}`,
    'Digest username="x"',
    'AWS4-HMAC-SHA256 Credential=',
    `Basic ${base64(':')}`,
  ])('Authorization: %j is malformed', (value) => {
    expect(refusal(['Authorization', value])).toMatchObject({
      status: 401,
      type: 'auth_error',
      message: expect.stringContaining('Malformed API Key passed in'),
    });
  });
});

describe('several slots', () => {
  test('with equal values are one credential', () => {
    expect(
      read(['Authorization', `Bearer ${KEY}`, 'x-api-key', KEY, 'api-key', KEY, 'x-goog-api-key', KEY]),
    ).toBe(KEY);
  });

  test.each([
    ['Authorization', `Bearer ${KEY}`, 'x-api-key', `${KEY}x`],
    ['x-api-key', `${KEY}x`, 'Authorization', `Bearer ${KEY}`],
    ['api-key', KEY, 'x-goog-api-key', KEY.toUpperCase()],
    ['x-litellm-api-key', KEY, 'Ocp-Apim-Subscription-Key', 'anything'],
  ])('with different values are refused: %s and %s, %s and %s', (...headers) => {
    expect(refusal(headers)).toMatchObject({ status: 400, type: 'invalid_request_error' });
  });

  test.each([
    'Authorization',
    'x-api-key',
    'api-key',
    'x-litellm-api-key',
    'x-goog-api-key',
    'ocp-apim-subscription-key',
  ])('%s sent twice is refused, whatever it says and however it is spelt', (name) => {
    const twice = [name, `Bearer ${KEY}`, name.toUpperCase(), `Bearer ${KEY}`];
    expect(refusal(twice)).toMatchObject({ status: 400, message: expect.stringContaining('more than once') });
    expect(refusal([name, 'Bearer a', 'Host', 'h', name, 'Bearer b'])).toMatchObject({ status: 400 });
  });

  test('a header that is sent twice and empty the second time is refused too', () => {
    expect(refusal(['x-api-key', KEY, 'x-api-key', ''])).toMatchObject({ status: 400 });
  });
});

describe('a configured key header', () => {
  const custom = credentialReader('X-Team-Key');

  test('is the only slot', () => {
    expect(
      custom(['x-team-key', `Bearer ${KEY}`, 'Authorization', 'Bearer other', 'x-api-key', 'third']),
    ).toBe(KEY);
    expect(custom(['Authorization', `Bearer ${KEY}`])).toBeNull();
  });

  test('needs the word Bearer', () => {
    expect(refusal(['x-team-key', KEY], custom)).toMatchObject({ status: 401 });
  });

  test('may not be sent twice', () => {
    expect(refusal(['x-team-key', `Bearer ${KEY}`, 'X-TEAM-KEY', `Bearer ${KEY}`], custom)).toMatchObject({
      status: 400,
    });
  });
});

test('no order and no neighbours change what is read', () => {
  const slots: [string, string][] = [
    ['Authorization', `Bearer ${KEY}`],
    ['x-api-key', KEY],
    ['api-key', KEY],
    ['x-litellm-api-key', `Bearer ${KEY}`],
    ['x-goog-api-key', KEY],
    ['Ocp-Apim-Subscription-Key', KEY],
    ['Host', 'localhost'],
    ['User-Agent', 'x'],
    ['Content-Type', 'application/json'],
  ];
  let seed = 7;
  const random = (below: number): number => {
    seed = (seed * 1_103_515_245 + 12_345) & 0x7fff_ffff;
    return seed % below;
  };
  for (let round = 0; round < 500; round++) {
    const chosen = slots.filter(() => random(2) === 0).sort(() => random(3) - 1);
    const any = chosen.some(([, value]) => value.includes(KEY));
    expect(read(chosen.flat())).toBe(any ? KEY : null);
  }
});
