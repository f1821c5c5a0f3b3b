import { describe, expect, test } from '@jest/globals';
import { AnswerText } from './answer-text.js';

const said = (content: string, index = 0) => [{ index, delta: { content } }];

describe('the words of an answer', () => {
  test('a stream is put together again', () => {
    const answer = new AnswerText();
    answer.sawChunk([{ index: 0, delta: { role: 'assistant', content: '' } }]);
    answer.sawChunk(said('Hel'));
    answer.sawChunk(said('lo'));
    answer.sawChunk([{ index: 0, delta: {}, finish_reason: 'stop' }]);
    expect(answer.choices()).toEqual([
      { index: 0, message: { role: 'assistant', content: 'Hello' }, finish_reason: 'stop' },
    ]);
  });

  test('thoughts stand apart from what is said', () => {
    const answer = new AnswerText();
    answer.sawChunk([{ index: 0, delta: { reasoning_content: 'Hm.' } }]);
    answer.sawChunk(said('Yes.'));
    expect(answer.choices()).toMatchObject([{ message: { content: 'Yes.', reasoning_content: 'Hm.' } }]);
  });

  test('a tool call is put together from its pieces', () => {
    const answer = new AnswerText();
    const call = (piece: object) =>
      answer.sawChunk([{ index: 0, delta: { tool_calls: [{ index: 0, ...piece }] } }]);
    call({ id: 'c1', type: 'function', function: { name: 'look', arguments: '{"a"' } });
    call({ function: { arguments: ':1}' } });
    expect(answer.choices()).toMatchObject([
      {
        message: {
          tool_calls: [{ id: 'c1', type: 'function', function: { name: 'look', arguments: '{"a":1}' } }],
        },
      },
    ]);
  });

  test('several choices keep their order, whichever came first', () => {
    const answer = new AnswerText();
    answer.sawChunk(said('second', 1));
    answer.sawChunk(said('first', 0));
    expect(answer.choices()).toMatchObject([
      { message: { content: 'first' } },
      { message: { content: 'second' } },
    ]);
  });

  test('a completion has text instead of a message', () => {
    const answer = new AnswerText();
    answer.sawChunk([{ index: 0, text: 'On' }]);
    answer.sawChunk([{ index: 0, text: 'ce', finish_reason: 'length' }]);
    expect(answer.choices()).toEqual([{ index: 0, text: 'Once', finish_reason: 'length' }]);
  });

  test('an answer in one piece is kept as it is', () => {
    const answer = new AnswerText();
    const choices = [{ index: 0, message: { role: 'assistant', content: 'Hello' } }];
    answer.sawWhole(choices);
    expect(answer.choices()).toBe(choices);
  });

  test('an endless answer is cut', () => {
    const answer = new AnswerText();
    for (let at = 0; at < 1_000; at++) answer.sawChunk(said('x'.repeat(1_000)));
    const text = JSON.stringify(answer.choices());
    expect(answer.length).toBeLessThan(270_000);
    expect(text).toMatch(/\[cut\]"/);
    expect(text.length).toBeLessThan(270_000);
  });

  test('what is no list of choices is ignored', () => {
    const answer = new AnswerText();
    for (const odd of [null, 'x', [null], [1]]) answer.sawChunk(odd);
    expect(answer.choices()).toEqual([]);
  });
});
