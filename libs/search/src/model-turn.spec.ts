import { describe, expect, test } from '@jest/globals';
import { type JsonObject, type JsonValue } from '@app/call';
import { ModelTurn, type TurnContext } from './model-turn.js';

const hit = { title: 'A', url: 'https://a.org/', snippet: '', date: null };
const turn = (changes: Partial<TurnContext> = {}): ModelTurn =>
  new ModelTurn({ searches: new Set(['find']), hits: [], identity: null, ...changes });

const called = (name: string, text = '{"query":"x"}', more: JsonObject = {}): JsonObject => ({
  id: `call-${name}`,
  type: 'function',
  function: { name, arguments: text },
  ...more,
});
const answer = (message: JsonObject, finish = 'stop'): JsonObject => ({
  id: 'chatcmpl-1',
  choices: [{ index: 0, message: { role: 'assistant', ...message }, finish_reason: finish }],
});
const chunk = (delta: JsonObject, finish: string | null = null): JsonObject => ({
  id: 'chatcmpl-1',
  created: 1,
  choices: [{ index: 0, delta, finish_reason: finish }],
});
const deltaOf = (shown: JsonObject | null): JsonValue | undefined =>
  (shown?.['choices'] as JsonObject[] | undefined)?.[0]?.['delta'];

describe('a whole answer', () => {
  test('that asks only for searches stays here', () => {
    const model = turn();
    expect(
      model.whole(answer({ content: null, tool_calls: [called('find'), called('find')] }, 'tool_calls')),
    ).toBeNull();
    expect(model.searches.map(({ arguments: text }) => text)).toEqual(['{"query":"x"}', '{"query":"x"}']);
  });

  test('leaves as it came where nothing was searched', () => {
    const plain = answer({ content: 'Hello' });
    expect(turn().whole(plain)).toBe(plain);
  });

  test("with calls of the client's own tools beside a search is the client's, without the search", () => {
    const model = turn();
    const shown = model.whole(
      answer({ content: null, tool_calls: [called('find'), called('own')] }, 'tool_calls'),
    );
    expect(shown).toMatchObject({ choices: [{ message: { tool_calls: [{ id: 'call-own' }] } }] });
    expect(model.searches).toEqual([]);
  });

  test('names its sources', () => {
    const shown = turn({ hits: [hit] }).whole(answer({ content: 'See https://a.org/ .' }));
    expect(shown).toMatchObject({
      choices: [
        {
          message: {
            annotations: [{ url_citation: { url: 'https://a.org/', start_index: 4, end_index: 18 } }],
          },
        },
      ],
    });
  });

  test.each<JsonObject>([{}, { choices: [] }, { choices: [null] }, { choices: [{ message: 'x' }] }])(
    'that is none is not touched: %j',
    (odd) => {
      expect(turn().whole(odd)).toBe(odd);
    },
  );
});

describe('a streamed answer', () => {
  test('leaves chunk by chunk as it came', () => {
    const model = turn();
    const chunks = [chunk({ role: 'assistant', content: '' }), chunk({ content: 'Hi' }), chunk({}, 'stop')];
    for (const each of chunks) expect(model.chunk(each)).toBe(each);
    expect(model.content).toBe('Hi');
  });

  test('keeps a search here, with its end and its usage', () => {
    const model = turn();
    const part = (text: string, more: JsonObject = {}): JsonObject =>
      chunk({ tool_calls: [{ index: 0, function: { arguments: text }, ...more }] });
    expect(
      model.chunk(chunk({ tool_calls: [{ index: 0, id: 'c1', function: { name: 'find', arguments: '' } }] })),
    ).toBeNull();
    expect(model.chunk(part('{"query":'))).toBeNull();
    expect(model.chunk(part('"x"}'))).toBeNull();
    expect(model.chunk(chunk({}, 'tool_calls'))).toBeNull();
    expect(model.chunk({ id: 'chatcmpl-1', choices: [], usage: { prompt_tokens: 1 } })).toBeNull();
    expect(model.searches).toEqual([{ id: 'c1', name: 'find', arguments: '{"query":"x"}' }]);
  });

  test('whose search comes with the end in one chunk is no end', () => {
    const model = turn();
    const only = chunk(
      { content: 'Let me look.', tool_calls: [{ index: 0, ...called('find') }] },
      'tool_calls',
    );
    expect(model.chunk(only)).toMatchObject({
      choices: [{ delta: { content: 'Let me look.' }, finish_reason: null }],
    });
    expect(model.searches).toHaveLength(1);
  });

  test("counts the client's own calls from 0", () => {
    const model = turn();
    model.chunk(chunk({ tool_calls: [{ index: 0, ...called('find') }] }));
    const shown = model.chunk(chunk({ tool_calls: [{ index: 1, ...called('own') }] }));
    expect(deltaOf(shown)).toMatchObject({ tool_calls: [{ index: 0, id: 'call-own' }] });
    expect(model.chunk(chunk({}, 'tool_calls'))).toMatchObject({
      choices: [{ finish_reason: 'tool_calls' }],
    });
    expect(model.searches).toEqual([]);
  });

  test('goes on under the name of its first turn, without a second greeting', () => {
    const model = turn({ identity: { id: 'chatcmpl-0', created: 9 }, hits: [hit] });
    expect(model.chunk(chunk({ role: 'assistant', content: null }))).toBeNull();
    expect(model.chunk(chunk({ content: 'Hi' }))).toMatchObject({ id: 'chatcmpl-0', created: 9 });
    expect(model.chunk(chunk({}, 'stop'))).toMatchObject({
      choices: [{ finish_reason: 'stop', delta: { annotations: [{ type: 'url_citation' }] } }],
    });
  });

  test('remembers its own name for the turns to come', () => {
    const model = turn();
    model.chunk(chunk({ content: 'x' }));
    expect(model.identity).toEqual({ id: 'chatcmpl-1', created: 1 });
  });
});

test.each([
  ['text', { content: 'x'.repeat(1_000_000) }],
  [
    'arguments of a search',
    { tool_calls: [{ index: 0, function: { name: '', arguments: 'x'.repeat(1_000_000) } }] },
  ],
])('a stream that never ends is given up before its %s fills the memory', (_, delta) => {
  const model = turn();
  model.chunk(chunk({ tool_calls: [{ index: 0, id: 'a', function: { name: 'find', arguments: '' } }] }));
  const endless = (): void => {
    for (let count = 0; count < 100; count += 1) model.chunk(chunk(delta));
  };
  expect(endless).toThrow('The upstream answer does not end.');
  expect(model.content.length).toBeLessThan(17_000_000);
});

test('a stream that calls without end is given up', () => {
  const model = turn();
  const endless = (): void => {
    for (let index = 0; index < 10_000; index += 1)
      model.chunk(chunk({ tool_calls: [{ index, id: 'a', function: { name: 'find', arguments: '{}' } }] }));
  };
  expect(endless).toThrow('The upstream answer does not end.');
});
