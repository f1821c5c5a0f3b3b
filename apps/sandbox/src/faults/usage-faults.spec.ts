import { describe, expect, test } from '@jest/globals';
import { at, clientOf, events, json } from '../../test/client.js';
import { startLlamaSwap } from '../llama-swap.js';
import { parseFault } from './fault.js';
import { spoilUsage } from './usage-faults.js';

const client = clientOf(startLlamaSwap);

describe('usage faults in a whole answer', () => {
  test('usage-string turns every count into text', async () => {
    const reply = await client.chat('fault/usage-string', 'hi');
    expect(at(json(reply), 'usage')).toMatchObject({ completion_tokens: '12', prompt_tokens: '12' });
  });

  test('usage-missing leaves the member out and the rest valid', async () => {
    const reply = json(await client.chat('fault/usage-missing+no-timings', 'hi'));
    expect([at(reply, 'usage'), at(reply, 'timings'), at(reply, 'object')]).toEqual([
      undefined,
      undefined,
      'chat.completion',
    ]);
  });

  test('usage-nan makes the body what Python servers write, which is no JSON', async () => {
    const reply = await client.chat('fault/usage-nan', 'hi');
    expect(reply.text).toContain('"total_tokens":NaN');
    expect(() => json(reply)).toThrow(SyntaxError);
  });

  test('usage-twice names the member twice', async () => {
    const reply = await client.chat('fault/usage-twice', 'hi');
    expect(reply.text.match(/"usage":/g)).toHaveLength(2);
  });

  test.each([
    ['/v1/completions', { prompt: 'hi' }, 'usage.completion_tokens'],
    ['/v1/embeddings', { input: 'hi' }, 'usage.prompt_tokens'],
    ['/v1/rerank', { query: 'a', documents: ['b'] }, 'usage.total_tokens'],
    ['/v1/messages', { messages: [{ role: 'user', content: 'hi' }] }, 'usage.output_tokens'],
    ['/v1/responses', { input: 'hi' }, 'usage.output_tokens'],
  ])('%s is spoilt too', async (path, body, count) => {
    const reply = await client.post(path, { model: 'fault/usage-negative', ...body });
    expect(at(json(reply), count)).toBe(-5);
  });

  test('the usage of a completions stream is spoilt on its final chunk', async () => {
    const reply = await client.post('/v1/completions', {
      model: 'fault/usage-zero',
      prompt: 'hi',
      stream: true,
    });
    expect(at(events(reply.text).at(-1), 'usage.completion_tokens')).toBe(0);
  });
});

test('text that only speaks of usage stays as it is', () => {
  const text = JSON.stringify({ content: 'my "usage":{"total_tokens":5} is high' });
  expect(spoilUsage(parseFault('usage-null'), text)).toBe(text);
});
