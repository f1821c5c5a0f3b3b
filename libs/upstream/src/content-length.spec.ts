import { expect, test } from '@jest/globals';
import { type JsonObject, type JsonValue } from '@app/call';
import { contentLength } from './content-length.js';

const chunk = (delta: JsonObject): JsonValue => [{ index: 0, delta }];

test('counts text, thoughts, refusals and what is called, whole or as deltas', () => {
  expect(contentLength(chunk({ content: 'abc' }))).toBe(3);
  expect(contentLength(chunk({ reasoning_content: 'ab', refusal: 'c' }))).toBe(3);
  expect(
    contentLength([
      { message: { content: null, tool_calls: [{ function: { name: 'f', arguments: '{}' } }] } },
    ]),
  ).toBe(3);
  expect(contentLength([{ text: 'abcd' }, { text: 'e' }])).toBe(5);
});

test('sees the first piece of a tool call, which has a name and no arguments yet', () => {
  const first = { index: 0, id: 'call_1', type: 'function', function: { name: 'search', arguments: '' } };
  expect(contentLength(chunk({ tool_calls: [first] }))).toBe(6);
});

test('sees nothing in a role, an end, or what is no list of choices', () => {
  expect([
    contentLength(chunk({ role: 'assistant', content: null })),
    contentLength(chunk({})),
    contentLength('x'),
  ]).toEqual([0, 0, 0]);
});
