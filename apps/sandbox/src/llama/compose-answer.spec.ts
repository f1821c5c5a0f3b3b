import { describe, expect, test } from '@jest/globals';
import { readChat } from './chat-call.js';
import { composeAnswer, countAnswer } from './compose-answer.js';
import { LLAMA_SETTINGS } from './llama-settings.js';
import { findModel } from './models.js';

const tool = (name: string, description = '') => ({
  type: 'function',
  function: {
    name,
    description,
    parameters: { type: 'object', properties: { query: { type: 'string' } }, required: ['query'] },
  },
});

function answer(content: string, more: object = {}, modelId = 'qwen3-30b-a3b') {
  const model = findModel(modelId, LLAMA_SETTINGS);
  if (model === undefined) throw new Error(modelId);
  const call = readChat({ messages: [{ role: 'user', content }], ...more });
  return composeAnswer(call, model, LLAMA_SETTINGS, 0);
}

describe('an ordinary answer', () => {
  test('has the configured number of tokens and stops by itself', () => {
    const said = answer('hello');
    expect([countAnswer(said), said.finish]).toEqual([24, 'stop']);
  });

  test('is cut at max_tokens with finish reason length', () => {
    const said = answer('hello', { max_tokens: 5 });
    expect([said.content.length, said.finish]).toEqual([5, 'length']);
  });

  test('is not cut when it fits max_tokens exactly', () => {
    expect(answer('hello', { max_tokens: 24 }).finish).toBe('stop');
  });

  test('ends before the first stop string that it meets', () => {
    const said = answer('echo:one two three four', { stop: ['four', 'three'] });
    expect([said.content.join(''), said.stoppedBy, said.finish]).toEqual(['one two ', 'three', 'stop']);
  });

  test('repeats exactly what follows echo:', () => {
    const text = ' a "quoted"\n\tline, naïve 🙂';
    expect(answer(`echo:${text}`).content.join('')).toBe(text);
  });
});

describe('thinking', () => {
  test('comes before the answer when the prompt asks for it', () => {
    const said = answer('why? /think');
    expect([said.reasoning.length, said.content.length]).toEqual([12, 24]);
  });

  test('always happens in gpt-oss-120b', () => {
    expect(answer('why?', {}, 'gpt-oss-120b').reasoning).toHaveLength(12);
  });

  test('is switched off by the chat template argument', () => {
    const off = { chat_template_kwargs: { enable_thinking: false } };
    expect(answer('why?', off, 'gpt-oss-120b').reasoning).toEqual([]);
  });

  test('does not happen on /no_think', () => {
    expect(answer('why? /no_think').reasoning).toEqual([]);
  });

  test('counts towards max_tokens', () => {
    const said = answer('why? /think', { max_tokens: 13 });
    expect([said.reasoning.length, said.content.length, said.finish]).toEqual([12, 1, 'length']);
  });
});

describe('tools', () => {
  const tools = [tool('calculator'), tool('web_search', 'search the web'), tool('get_weather')];

  test.each([
    ['What is the weather in Graz?', 'get_weather'],
    ['the latest on trains', 'web_search'],
    ['please call tool', 'web_search'],
  ])('on "%s" it calls %s', (content, name) => {
    const said = answer(content, { tools });
    expect([said.toolCalls.map((call) => call.name), said.finish]).toEqual([[name], 'tool_calls']);
  });

  test('are left alone by a prompt that needs none', () => {
    expect(answer('hello', { tools }).toolCalls).toEqual([]);
  });

  test('are left alone when the choice is none', () => {
    expect(answer('latest news', { tools, tool_choice: 'none' }).toolCalls).toEqual([]);
  });

  test('are called when the choice is required or a name', () => {
    expect(answer('hello', { tools, tool_choice: 'required' }).toolCalls).toHaveLength(1);
    const named = { type: 'function', function: { name: 'calculator' } };
    expect(answer('hello', { tools, tool_choice: named }).toolCalls).toMatchObject([{ name: 'calculator' }]);
  });

  test('are called together when the prompt wants all of them and parallel calls are allowed', () => {
    const said = answer('call tool: use all tools', { tools, parallel_tool_calls: true });
    expect(said.toolCalls.map((call) => call.name)).toEqual(['calculator', 'web_search', 'get_weather']);
    expect(new Set(said.toolCalls.map((call) => call.id)).size).toBe(3);
  });

  test('get arguments that are valid JSON in several fragments', () => {
    const [call] = answer('latest "news" on naïve 🙂 things', { tools }).toolCalls;
    expect(call?.fragments.length).toBeGreaterThan(3);
    expect(JSON.parse(call?.fragments.join('') ?? '')).toEqual({ query: 'latest "news" on naïve 🙂 things' });
  });

  test('have had their say when the last message is a tool result', () => {
    const messages = [
      { role: 'user', content: 'latest news' },
      { role: 'assistant', content: null, tool_calls: [{}] },
      { role: 'tool', content: 'trains are late' },
    ];
    const said = answer('', { messages, tools });
    expect([said.toolCalls, said.content.join('')]).toEqual([[], 'According to the tool: trains are late']);
  });
});

describe('structured answers', () => {
  test('follow a JSON schema', () => {
    const schema = { type: 'object', properties: { city: { type: 'string' }, big: { type: 'boolean' } } };
    const format = { response_format: { type: 'json_schema', json_schema: { name: 's', schema } } };
    expect(JSON.parse(answer('Graz', format).content.join(''))).toEqual({ city: 'Graz', big: true });
  });

  test('are an object when only an object is asked for', () => {
    const format = { response_format: { type: 'json_object' } };
    expect(JSON.parse(answer('Graz', format).content.join(''))).toEqual({});
  });
});

test('an image is noticed', () => {
  const content = [
    { type: 'text', text: 'what is it?' },
    { type: 'image_url', image_url: { url: 'x' } },
  ];
  const said = answer('', { messages: [{ role: 'user', content }] }, 'gemma3-27b');
  expect(said.content.join('')).toContain('I see 1 image.');
});
