import { describe, expect, test } from '@jest/globals';
import { at, clientOf, events, json } from '../../test/client.js';
import { startLlamaSwap } from '../llama-swap.js';

const tools = [
  { name: 'get_weather', input_schema: { type: 'object', properties: { city: { type: 'string' } } } },
];
const client = clientOf(startLlamaSwap);

const ask = (content: string, more: object = {}) =>
  client.post('/v1/messages', {
    model: 'qwen3-30b-a3b',
    max_tokens: 100,
    messages: [{ role: 'user', content }],
    ...more,
  });

describe('/v1/messages', () => {
  test("answers in Anthropic's shape", async () => {
    expect(json(await ask('echo:hello there'))).toMatchObject({
      type: 'message',
      role: 'assistant',
      content: [{ type: 'text', text: 'hello there' }],
      stop_reason: 'end_turn',
      stop_sequence: null,
      usage: { input_tokens: 8, output_tokens: 2 },
    });
  });

  test.each([
    [{ max_tokens: 1 }, { stop_reason: 'max_tokens', stop_sequence: null }],
    [{ stop_sequences: ['there'] }, { stop_reason: 'stop_sequence', stop_sequence: 'there' }],
  ])('ends with the right reason on %j', async (more, reason) => {
    expect(json(await ask('echo:hello there', more))).toMatchObject(reason);
  });

  test('calls a tool with its input as an object', async () => {
    expect(json(await ask('weather?', { tools }))).toMatchObject({
      stop_reason: 'tool_use',
      content: [{ type: 'tool_use', name: 'get_weather', input: { city: 'weather?' } }],
    });
  });

  test('streams typed events, each named on a line of its own', async () => {
    const reply = await ask('echo:a b', { stream: true });
    const names = [...reply.text.matchAll(/^event: (\w+)$/gm)].map((match) => match[1]);
    expect(names).toEqual([
      'message_start',
      'content_block_start',
      'content_block_delta',
      'content_block_delta',
      'content_block_stop',
      'message_delta',
      'message_stop',
    ]);
    expect(events(reply.text).map((event) => at(event, 'type'))).toEqual(names);
    expect(events(reply.text).at(-2)).toMatchObject({ usage: { output_tokens: 2 } });
    expect((await client.lastTruth()).emittedTokens).toBe(2);
  });

  test('streams thinking and text as blocks of their own', async () => {
    const reply = await ask('why? /think', { stream: true });
    const starts = events(reply.text).filter((event) => at(event, 'type') === 'content_block_start');
    expect(starts).toMatchObject([
      { index: 0, content_block: { type: 'thinking' } },
      { index: 1, content_block: { type: 'text' } },
    ]);
  });

  test('streams tool input as fragments of JSON', async () => {
    const deltas = events((await ask('weather?', { tools, stream: true })).text)
      .map((event) => at(event, 'delta.partial_json') as string | undefined)
      .filter((part) => part !== undefined);
    expect(deltas.length).toBeGreaterThan(2);
    expect(JSON.parse(deltas.join(''))).toEqual({ city: 'weather?' });
  });

  test('counts tokens without answering', async () => {
    const body = { model: 'qwen3-30b-a3b', system: '1234', messages: [{ role: 'user', content: '5678' }] };
    expect(json(await client.post('/v1/messages/count_tokens', body))).toEqual({ input_tokens: 10 });
  });
});
