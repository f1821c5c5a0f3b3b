import { describe, expect, test } from '@jest/globals';
import { at, clientOf, events, json, said } from '../../test/client.js';
import { startLlamaSwap } from '../llama-swap.js';

const MODEL = 'qwen3-30b-a3b';
const tools = [
  {
    type: 'function',
    function: {
      name: 'get_weather',
      parameters: { type: 'object', properties: { city: { type: 'string' } } },
    },
  },
];
const client = clientOf(startLlamaSwap);

const stream = (content: string, more: object = {}) => client.chat(MODEL, content, { stream: true, ...more });

describe('a whole chat answer', () => {
  test("names the server's own model, not the one that was asked for", async () => {
    expect(at(json(await client.chat(MODEL, 'hi')), 'model')).toBe('Qwen3-30B-A3B-Q4_K_M.gguf');
  });

  test('has an id that no other has, although the text is the same', async () => {
    const [one, two] = [json(await client.chat(MODEL, 'hi')), json(await client.chat(MODEL, 'hi'))];
    expect(at(one, 'id')).toMatch(/^chatcmpl-[0-9a-z]{32}$/);
    expect(at(one, 'id')).not.toBe(at(two, 'id'));
    expect(at(one, 'choices')).toEqual(at(two, 'choices'));
  });

  test('counts prompt, answer and cached tokens', async () => {
    await client.settings({ cachedTokens: 3 });
    expect(json(await client.chat(MODEL, '12345678', { max_tokens: 4 }))).toMatchObject({
      usage: {
        prompt_tokens: 6,
        completion_tokens: 4,
        total_tokens: 10,
        prompt_tokens_details: { cached_tokens: 3 },
      },
      timings: { cache_n: 3, prompt_n: 3, predicted_n: 4 },
    });
  });

  test('has as many choices as asked for, each with words of its own', async () => {
    const reply = json(await client.chat(MODEL, 'hi', { n: 3 }));
    expect(at(reply, 'choices.2.index')).toBe(2);
    expect(at(reply, 'choices.0.message.content')).not.toBe(at(reply, 'choices.1.message.content'));
    expect(at(reply, 'usage.completion_tokens')).toBe(72);
  });

  test('carries tool calls with null content', async () => {
    expect(at(json(await client.chat(MODEL, 'weather?', { tools })), 'choices.0')).toMatchObject({
      finish_reason: 'tool_calls',
      message: { content: null, tool_calls: [{ type: 'function', function: { name: 'get_weather' } }] },
    });
  });

  test('has log probabilities of each token when asked', async () => {
    const reply = json(await client.chat(MODEL, 'echo:one two', { logprobs: true }));
    expect(at(reply, 'choices.0.logprobs.content')).toMatchObject([{ token: 'one' }, { token: ' two' }]);
  });
});

describe('a chat stream', () => {
  test('opens with the role, ends with the finish reason and [DONE], a token a chunk between', async () => {
    const reply = await stream('echo:one two three');
    const chunks = events(reply.text);
    expect(chunks.map((chunk) => at(chunk, 'choices.0.delta'))).toEqual([
      { role: 'assistant', content: null },
      { content: 'one' },
      { content: ' two' },
      { content: ' three' },
      {},
    ]);
    expect(at(chunks.at(-1), 'choices.0.finish_reason')).toBe('stop');
    expect(reply.text.endsWith('data: [DONE]\n\n')).toBe(true);
  });

  test('keeps id, model and time the same in all chunks', async () => {
    const chunks = events((await stream('hi')).text);
    const shared = chunks.map((chunk) => [at(chunk, 'id'), at(chunk, 'model'), at(chunk, 'created')].join());
    expect(new Set(shared).size).toBe(1);
  });

  test('says the same as the whole answer', async () => {
    const whole = json(await client.chat(MODEL, 'a longer question'));
    expect(said((await stream('a longer question')).text)).toBe(at(whole, 'choices.0.message.content'));
  });

  test('tells usage only when asked, in a chunk without choices', async () => {
    const silent = events((await stream('hi')).text);
    expect(silent.some((chunk) => at(chunk, 'usage') !== undefined)).toBe(false);
    const last = events((await stream('hi', { stream_options: { include_usage: true } })).text).at(-1);
    expect(last).toMatchObject({ choices: [], usage: { completion_tokens: 24 } });
  });

  test('has timings on its last chunk, whichever that is', async () => {
    const without = events((await stream('hi')).text);
    const asked = events((await stream('hi', { stream_options: { include_usage: true } })).text);
    for (const chunks of [without, asked]) {
      expect(chunks.map((chunk) => at(chunk, 'timings') !== undefined).lastIndexOf(true)).toBe(
        chunks.length - 1,
      );
      expect(chunks.filter((chunk) => at(chunk, 'timings') !== undefined)).toHaveLength(1);
    }
  });

  test('of an old build has usage on the finish chunk, asked for or not', async () => {
    await client.settings({ usageOnFinish: true });
    const last = events((await stream('hi')).text).at(-1);
    expect(last).toMatchObject({ choices: [{ finish_reason: 'stop' }], usage: { completion_tokens: 24 } });
  });

  test('thinks before it answers', async () => {
    const deltas = events((await client.chat('gpt-oss-120b', 'why?', { stream: true })).text).map(
      (chunk) => at(chunk, 'choices.0.delta') as object,
    );
    const kinds = deltas.map((delta) => Object.keys(delta).join());
    expect(kinds.lastIndexOf('reasoning_content')).toBeLessThan(kinds.indexOf('content'));
  });

  test('splits tool arguments into fragments that only the index holds together', async () => {
    const chunks = events((await stream('weather "today"?', { tools })).text);
    const calls = chunks.flatMap((chunk) => (at(chunk, 'choices.0.delta.tool_calls') ?? []) as object[]);
    expect(calls[0]).toMatchObject({
      index: 0,
      type: 'function',
      function: { name: 'get_weather', arguments: '' },
    });
    expect(calls.slice(1).every((call) => Object.keys(call).join() === 'index,function')).toBe(true);
    const text = calls.map((call) => at(call, 'function.arguments') as string).join('');
    expect(JSON.parse(text)).toEqual({ city: 'weather "today"?' });
  });

  test('costs as many tokens as it has chunks with something in them', async () => {
    const options = { tools, stream_options: { include_usage: true } };
    const chunks = events((await stream('weather?', options)).text);
    const filled = chunks.filter((chunk) => at(chunk, 'choices.0.delta.tool_calls') !== undefined);
    expect(at(chunks.at(-1), 'usage.completion_tokens')).toBe(filled.length);
    expect((await client.lastTruth()).emittedTokens).toBe(filled.length);
  });

  test('lets several choices take turns', async () => {
    const chunks = events((await stream('echo:a b', { n: 2 })).text);
    expect(chunks.map((chunk) => at(chunk, 'choices.0.index'))).toEqual([0, 1, 0, 1, 0, 1, 0, 1]);
  });

  test('reports how far the prompt is read when asked', async () => {
    const [first] = events((await stream('hi', { return_progress: true })).text);
    expect(at(first, 'prompt_progress')).toMatchObject({ total: 5, processed: 2 });
  });

  test('sends comments through the silence before the first token', async () => {
    await client.settings({ pingMs: 20, prefillMsPerToken: 20 });
    const reply = await stream('hi');
    expect(reply.text).toMatch(/^(:\n\n){2,}data: /);
  });
});

describe('speed', () => {
  test('decodes at the configured pace, streamed or not', async () => {
    await client.settings({ decodeMsPerToken: 5 });
    for (const streamed of [true, false]) {
      const before = performance.now();
      await client.chat(MODEL, 'hi', { stream: streamed });
      expect(performance.now() - before).toBeGreaterThanOrEqual(23 * 5 - 5);
    }
  });

  test('reads the prompt before anything is sent', async () => {
    await client.settings({ prefillMsPerToken: 20 });
    const before = performance.now();
    await client.chat(MODEL, 'hi');
    expect(performance.now() - before).toBeGreaterThanOrEqual(98);
  });
});

describe('refusals', () => {
  test('a prompt beyond the context gets a 400 with both sizes', async () => {
    await client.settings({ contextTokens: 10 });
    const reply = await client.chat(MODEL, 'x'.repeat(100));
    expect([reply.status, json(reply)]).toMatchObject([
      400,
      { error: { code: 400, type: 'exceed_context_size_error', n_prompt_tokens: 29, n_ctx: 10 } },
    ]);
  });

  test('an image is a server error on a model without a projector', async () => {
    const content = [{ type: 'image_url', image_url: { url: 'data:,' } }];
    const body = { model: MODEL, messages: [{ role: 'user', content }] };
    expect((await client.post('/v1/chat/completions', body)).status).toBe(500);
    expect((await client.post('/v1/chat/completions', { ...body, model: 'gemma3-27b' })).status).toBe(200);
  });

  test('an embedding model does not chat', async () => {
    const reply = await client.chat('bge-m3', 'hi');
    expect([reply.status, at(json(reply), 'error.type')]).toEqual([501, 'not_supported_error']);
  });

  test('a request without messages is a 400 with a numeric code and no param', async () => {
    const reply = await client.post('/v1/chat/completions', { model: MODEL });
    expect([reply.status, json(reply)]).toEqual([
      400,
      { error: { code: 400, message: "'messages' is required", type: 'invalid_request_error' } },
    ]);
  });
});
