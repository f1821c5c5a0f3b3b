import { describe, expect, test } from '@jest/globals';
import { at, clientOf, events, json } from '../../test/client.js';
import { startLlamaSwap } from '../llama-swap.js';

const tools = [
  {
    type: 'function',
    name: 'get_weather',
    parameters: { type: 'object', properties: { city: { type: 'string' } } },
  },
];
const client = clientOf(startLlamaSwap);

const ask = (input: unknown, more: object = {}) =>
  client.post('/v1/responses', { model: 'qwen3-30b-a3b', input, ...more });

describe('/v1/responses', () => {
  test('answers with a message item', async () => {
    const reply = json(await ask('echo:hello there'));
    expect(reply).toMatchObject({
      object: 'response',
      status: 'completed',
      output: [{ type: 'message', content: [{ type: 'output_text', text: 'hello there' }] }],
      usage: { input_tokens: 8, output_tokens: 2, total_tokens: 10 },
    });
    expect((await client.lastTruth()).responseId).toBe(at(reply, 'id'));
  });

  test('is incomplete when the limit cuts it', async () => {
    expect(json(await ask('echo:hello there', { max_output_tokens: 1 }))).toMatchObject({
      status: 'incomplete',
      incomplete_details: { reason: 'max_output_tokens' },
    });
  });

  test('calls a function in an item of its own', async () => {
    expect(json(await ask('weather?', { tools }))).toMatchObject({
      output: [{ type: 'function_call', name: 'get_weather', arguments: '{"city":"weather?"}' }],
    });
  });

  test('takes typed input parts', async () => {
    const input = [{ role: 'user', content: [{ type: 'input_text', text: 'echo:hi' }] }];
    expect(at(json(await ask(input)), 'output.0.content.0.text')).toBe('hi');
  });

  test('streams numbered events from created to completed', async () => {
    const reply = await ask('echo:a b', { stream: true });
    const list = events(reply.text);
    expect(list.map((event) => at(event, 'type'))).toEqual([
      'response.created',
      'response.in_progress',
      'response.output_item.added',
      'response.content_part.added',
      'response.output_text.delta',
      'response.output_text.delta',
      'response.output_text.done',
      'response.content_part.done',
      'response.output_item.done',
      'response.completed',
    ]);
    expect(list.map((event) => at(event, 'sequence_number'))).toEqual(list.map((_, index) => index));
    expect(at(list.at(-1), 'response.usage.output_tokens')).toBe(2);
    expect((await client.lastTruth()).emittedTokens).toBe(2);
  });

  test('streams function arguments as deltas', async () => {
    const list = events((await ask('weather?', { tools, stream: true })).text);
    const deltas = list.filter((event) => at(event, 'type') === 'response.function_call_arguments.delta');
    expect(deltas.map((event) => at(event, 'delta')).join('')).toBe('{"city":"weather?"}');
    expect((await client.lastTruth()).emittedTokens).toBe(deltas.length + 1);
  });

  test('streams thoughts in an item before the message', async () => {
    const reply = await ask('why? /think', { stream: true });
    const list = events(reply.text);
    const added = list.filter((event) => at(event, 'type') === 'response.output_item.added');
    expect(added.map((event) => at(event, 'item.type'))).toEqual(['reasoning', 'message']);
    const thought = list.filter((event) => at(event, 'type') === 'response.reasoning_text.delta');
    expect(at(list.at(-1), 'response.usage.output_tokens_details.reasoning_tokens')).toBe(thought.length);
    expect(at(list.at(-1), 'response.output.0.content.0.text')).toBe(
      thought.map((event) => at(event, 'delta') as string).join(''),
    );
  });

  test('follows the schema of its text format', async () => {
    const schema = { type: 'object', properties: { ok: { type: 'boolean' } } };
    const reply = json(await ask('x', { text: { format: { type: 'json_schema', name: 's', schema } } }));
    expect(JSON.parse(at(reply, 'output.0.content.0.text') as string)).toEqual({ ok: true });
  });
});
