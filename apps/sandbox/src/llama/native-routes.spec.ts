import { describe, expect, test } from '@jest/globals';
import { at, clientOf, json } from '../../test/client.js';
import { startLlamaSwap } from '../llama-swap.js';

const UP = '/upstream/qwen3-30b-a3b';
const client = clientOf(startLlamaSwap);

describe('llama.cpp behind a model', () => {
  test.each(['/health', '/v1/health'])('%s is ok', async (path) => {
    expect(json(await client.send(UP + path))).toEqual({ status: 'ok' });
  });

  test.each(['/metrics', '/slots'])('%s is switched off, which is a 501', async (path) => {
    const reply = await client.send(UP + path);
    expect([reply.status, at(json(reply), 'error.type')]).toEqual([501, 'not_supported_error']);
  });

  test('shows its own name and context in its model list', async () => {
    expect(at(json(await client.send(`${UP}/models`)), 'data.0')).toMatchObject({
      id: 'Qwen3-30B-A3B-Q4_K_M.gguf',
      owned_by: 'llamacpp',
      meta: { n_ctx: 32_768 },
    });
  });

  test('shows the properties of the model named in the query', async () => {
    const seeing = json(await client.send('/props?model=gemma3-27b'));
    expect(at(seeing, 'modalities')).toEqual({ vision: true, audio: false });
  });

  test('puts messages into a template', async () => {
    const body = { messages: [{ role: 'user', content: 'hi' }] };
    const reply = json(await client.post(`${UP}/apply-template`, body));
    expect(at(reply, 'prompt')).toBe('<|im_start|>user\nhi<|im_end|>\n');
  });

  test('gives the same text the same token numbers', async () => {
    const tokens = async (content: string) =>
      at(json(await client.post(`${UP}/tokenize`, { content })), 'tokens');
    expect(await tokens('one two')).toEqual(await tokens('one two'));
    expect(await tokens('one two')).not.toEqual(await tokens('one three'));
  });

  test('calls itself llama.cpp', async () => {
    expect((await client.chat('qwen3-30b-a3b', 'hi')).headers.get('server')).toBe('llama.cpp');
  });

  test('fails with a server error on a body that is no JSON', async () => {
    const reply = await client.post(`${UP}/v1/chat/completions`, '{"messages":');
    expect([reply.status, at(json(reply), 'error.code')]).toEqual([500, 500]);
  });

  test('has no other routes', async () => {
    expect((await client.send(`${UP}/v1/moderations`)).status).toBe(404);
  });
});
