import { describe, expect, test } from '@jest/globals';
import { at, clientOf, events, json } from '../../test/client.js';
import { startLlamaSwap } from '../llama-swap.js';

const MODEL = 'qwen3-30b-a3b';
const client = clientOf(startLlamaSwap);

describe('/v1/completions', () => {
  test('answers with text', async () => {
    expect(json(await client.post('/v1/completions', { model: MODEL, prompt: 'echo:a b' }))).toMatchObject({
      object: 'text_completion',
      choices: [{ text: 'a b', finish_reason: 'stop', logprobs: null }],
      usage: { prompt_tokens: 2, completion_tokens: 2 },
    });
  });

  test('streams with usage on the final chunk although nobody asked', async () => {
    const reply = await client.post('/v1/completions', { model: MODEL, prompt: 'echo:a b', stream: true });
    const chunks = events(reply.text);
    expect(chunks.map((chunk) => at(chunk, 'choices.0.text'))).toEqual(['a', ' b', '']);
    expect(at(chunks.at(-1), 'usage.completion_tokens')).toBe(2);
    expect(reply.text.endsWith('data: [DONE]\n\n')).toBe(true);
  });
});

describe('/completion and /infill', () => {
  test("answer in llama.cpp's own shape", async () => {
    expect(json(await client.post('/completion', { model: MODEL, prompt: 'echo:a b' }))).toMatchObject({
      content: 'a b',
      stop: true,
      stop_type: 'eos',
      tokens_predicted: 2,
      tokens_evaluated: 2,
    });
  });

  test('put prefix and suffix together', async () => {
    const body = { model: MODEL, input_prefix: 'echo:x', input_suffix: 'y' };
    expect(at(json(await client.post('/infill', body)), 'content')).toBe('xy');
  });

  test('stream without [DONE]', async () => {
    const reply = await client.post('/completion', {
      model: MODEL,
      prompt: 'echo:a b',
      stream: true,
      n_predict: 1,
    });
    expect(events(reply.text)).toMatchObject([
      { content: 'a', stop: false },
      { content: '', stop: true, stop_type: 'limit' },
    ]);
    expect(reply.text).not.toContain('[DONE]');
  });
});
