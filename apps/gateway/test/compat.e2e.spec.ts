import { describe, expect } from '@jest/globals';
import { type Answer } from './harness.ts';
import { suite, test } from './harness/suite.ts';

const parts = suite({ general: { compat: '1.81' } });
const capped = { max_tokens: 20 };

const errorOf = ({ json }: Answer) =>
  json?.['error'] as unknown as { type: string; code: string; message: string };

async function refusal(fields: object, body: object = {}): Promise<Answer> {
  const key = await parts.gateway.key(fields);
  return parts.gateway.chat({ ...capped, ...body }, { key });
}

describe('compat 1.81', () => {
  test('answers a spent budget with 400', async () => {
    const refused = await refusal({ max_budget: 0 });
    expect(refused.status).toBe(400);
    expect(errorOf(refused)).toMatchObject({ type: 'budget_exceeded', code: '400' });
    expect(errorOf(refused).message).toContain('Budget has been exceeded!');
  });

  test('answers a key that is over with 400, and a model that it may not use with 401', async () => {
    const over = await refusal({ duration: '0s' });
    expect([over.status, errorOf(over).type]).toEqual([400, 'expired_key']);
    const denied = await refusal({ models: ['gpt-4'] }, { model: 'gpt-3.5-turbo' });
    expect([denied.status, errorOf(denied).type]).toEqual([401, 'key_model_access_denied']);
  });

  test('answers a plain key on a route of administrators with 401', async () => {
    const key = await parts.gateway.key({});
    const refused = await parts.gateway.ask('/key/generate', { key, body: {} });
    expect([refused.status, errorOf(refused).code]).toEqual([401, '401']);
  });

  test('answers a silent backend with 408', async () => {
    const refused = await parts.gateway.chat({ ...capped, model: 'fault/silent', timeout: 0.4 });
    expect([refused.status, errorOf(refused).type]).toEqual([408, 'upstream_timeout']);
  });
});
