import { describe, expect, test } from '@jest/globals';
import { readChat, readCompletion, readMessages, readResponses } from './chat-call.js';

const user = (content: unknown) => ({ role: 'user', content });

describe('the counting rule', () => {
  test('is four bytes a token, rounded up once, and four tokens a message', () => {
    expect(readChat({ messages: [user('12345'), user('123')] }).promptTokens).toBe(2 + 8);
  });

  test('counts UTF-8 bytes, not characters', () => {
    expect(readChat({ messages: [user('ééé')] }).promptTokens).toBe(2 + 4);
  });

  test('counts the text of all parts, and 256 an image', () => {
    const parts = [
      { type: 'text', text: '1234' },
      { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } },
      { type: 'text', text: '5678' },
    ];
    const call = readChat({ messages: [user(parts)] });
    expect([call.promptTokens, call.images]).toEqual([2 + 4 + 256, 1]);
  });

  test('adds nothing for a message to a bare prompt', () => {
    expect(readCompletion({ prompt: '12345678' }).promptTokens).toBe(2);
  });

  test('is the same for Anthropic with a system text and for OpenAI with a system message', () => {
    const messages = readMessages({ system: 'be brief', messages: [user('hello')] });
    const chat = readChat({ messages: [{ role: 'system', content: 'be brief' }, user('hello')] });
    const responses = readResponses({ instructions: 'be brief', input: 'hello' });
    expect([messages.promptTokens, responses.promptTokens]).toEqual([chat.promptTokens, chat.promptTokens]);
  });
});

describe('readChat', () => {
  test.each([
    [{ max_tokens: 5 }, 5],
    [{ max_completion_tokens: 6, max_tokens: 5 }, 6],
    [{ n_predict: 7, max_completion_tokens: 6, max_tokens: 5 }, 7],
    [{ max_tokens: -1 }, null],
    [{}, null],
    [{ max_tokens: 0 }, 0],
  ])('limits %j to %j tokens', (body, limit) => {
    expect(readChat({ messages: [user('x')], ...body }).maxTokens).toBe(limit);
  });

  test('understands both forms of a named tool choice', () => {
    const named = { type: 'function', function: { name: 'f' } };
    expect(readChat({ messages: [], tool_choice: named }).toolChoice).toEqual({ name: 'f' });
    expect(readResponses({ input: 'x', tool_choice: { type: 'function', name: 'f' } }).toolChoice).toEqual({
      name: 'f',
    });
  });

  test('asks for usage only when stream_options says so', () => {
    expect(readChat({ messages: [], stream_options: { include_usage: true } }).includeUsage).toBe(true);
    expect(readChat({ messages: [], stream: true }).includeUsage).toBe(false);
  });

  test.each([
    [{ response_format: { type: 'xml' } }, 'response_format'],
    [{ json_schema: {}, grammar: 'x' }, 'json_schema'],
    [{ tools: [{}], grammar: 'x' }, 'grammar'],
    [{ tools: [{}], stream: true, logprobs: true }, 'logprobs'],
    [{ messages: [] }, 'messages'],
    [
      {
        messages: [
          { role: 'assistant', content: 'a' },
          { role: 'assistant', content: 'b' },
        ],
      },
      'assistant',
    ],
  ])('refuses %j', (body, word) => {
    expect(readChat({ messages: [user('x')], ...body }).problem).toContain(word);
  });
});

describe('tool results', () => {
  test('are found in Anthropic user messages', () => {
    const result = { type: 'tool_result', tool_use_id: 't', content: [{ type: 'text', text: 'sunny' }] };
    expect(readMessages({ messages: [user([result])] }).turns).toMatchObject([
      { role: 'tool', text: 'sunny' },
    ]);
  });

  test('are found in the items of a responses request', () => {
    const item = { type: 'function_call_output', call_id: 'c', output: 'sunny' };
    expect(readResponses({ input: [item] }).turns).toMatchObject([{ role: 'tool', text: 'sunny' }]);
  });
});
