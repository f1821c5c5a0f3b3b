import { describe, expect, test } from '@jest/globals';
import { type JsonObject, type JsonValue } from '@app/call';
import { type SearchToolEntry } from '@app/config';
import { CHAT_DIALECT } from './chat-dialogue.js';
import { MESSAGES_DIALECT } from './messages-dialogue.js';
import { RESPONSES_DIALECT } from './responses-dialogue.js';
import { offerSearch, type SearchSetup } from './web-search-tools.js';

const entry = (name: string, description: string | null = null): SearchToolEntry => ({
  name,
  provider: 'searxng',
  apiBase: 'http://searxng:8080',
  apiKey: null,
  timeoutMs: 10_000,
  description,
});

const setup = (changes: Partial<SearchSetup> = {}): SearchSetup => ({
  searchTools: [entry('searxng-search', 'The web.'), entry('news')],
  webSearch: { toolName: null, maxLoops: 3 },
  dialect: CHAT_DIALECT,
  ...changes,
});

const ownTool = { type: 'function', function: { name: 'get_weather', parameters: { type: 'object' } } };
const offer = (tools: JsonValue, others: JsonObject = {}, changes: Partial<SearchSetup> = {}) =>
  offerSearch({ tools, ...others }, setup(changes));

describe('offerSearch', () => {
  test('a configured tool gets its schema, whatever the client wrote', () => {
    for (const parameters of [undefined, {}, { type: 'object', properties: { q: { type: 'string' } } }]) {
      const described = { name: 'searxng-search', ...(parameters ? { parameters } : {}) };
      const offered = offer([{ type: 'function', function: described }]);
      expect(offered?.tools).toMatchObject([
        {
          type: 'function',
          function: { name: 'searxng-search', description: 'The web.', parameters: { required: ['query'] } },
        },
      ]);
      expect([...(offered?.searches ?? [])]).toEqual([['searxng-search', 'searxng-search']]);
    }
  });

  test.each<[string, JsonObject]>([
    ["Anthropic's", { type: 'web_search_20250305', name: 'web_search', max_uses: 5 }],
    ["OpenAI's", { type: 'web_search' }],
    ["OpenAI's of before", { type: 'web_search_preview', search_context_size: 'low' }],
    ['a bare one', { type: 'function', function: { name: 'web_search' } }],
    ["Claude Code's", { name: 'WebSearch' }],
    ["LiteLLM's", { type: 'function', function: { name: 'litellm_web_search', parameters: {} } }],
  ])('%s stands for the first search tool', (_, tool) => {
    const offered = offer([tool]);
    expect([...(offered?.searches ?? [])]).toEqual([['litellm_web_search', 'searxng-search']]);
    expect(offered?.tools).toMatchObject([{ function: { name: 'litellm_web_search' } }]);
  });

  test('or for the one that the configuration names', () => {
    const offered = offer([{ type: 'web_search' }], {}, { webSearch: { toolName: 'news', maxLoops: 3 } });
    expect([...(offered?.searches ?? [])]).toEqual([['litellm_web_search', 'news']]);
  });

  test("the client's own tools stay as they are, and first", () => {
    const offered = offer([{ type: 'web_search' }, ownTool]);
    expect(offered?.tools[0]).toBe(ownTool);
    expect(offered?.others).toEqual([ownTool]);
  });

  test('a search tool that is named twice is offered once', () => {
    expect(offer([{ type: 'web_search' }, { name: 'WebSearch' }])?.tools).toHaveLength(1);
  });

  test.each<[string, JsonValue]>([
    [
      'a function of the client that is called web_search',
      [{ type: 'function', function: { name: 'web_search', parameters: { type: 'object' } } }],
    ],
    ['other tools', [ownTool]],
    ['no tools', []],
    ['what is no list', { type: 'web_search' }],
    ['what is no tool', [null, 5, 'web_search']],
  ])('%s is not ours', (_, tools) => {
    expect(offer(tools)).toBeNull();
  });

  test('without a search tool in the configuration nothing is', () => {
    expect(offer([{ type: 'web_search' }], {}, { searchTools: [] })).toBeNull();
  });

  test('a choice that names the search names the function that took its place', () => {
    const wanted = { type: 'function', function: { name: 'litellm_web_search' } };
    expect(offer([{ type: 'web_search' }], { tool_choice: { type: 'web_search' } })?.toolChoice).toEqual(
      wanted,
    );
    const bare = { type: 'function', function: { name: 'web_search' } };
    expect(offer([bare], { tool_choice: bare })?.toolChoice).toEqual(wanted);
    expect(offer([bare], { tool_choice: 'auto' })?.toolChoice).toBe('auto');
    expect(offer([bare, ownTool], { tool_choice: ownTool })?.toolChoice).toBe(ownTool);
  });

  test('a function and its choice are spelled as the door spells them', () => {
    const flat = [{ type: 'web_search_preview' }];
    const responses = offer(
      flat,
      { tool_choice: { type: 'web_search_preview' } },
      { dialect: RESPONSES_DIALECT },
    );
    expect(responses?.tools).toMatchObject([
      { type: 'function', name: 'litellm_web_search', parameters: {} },
    ]);
    expect(responses?.toolChoice).toEqual({ type: 'function', name: 'litellm_web_search' });
    const tools = [{ type: 'web_search_20250305', name: 'web_search', max_uses: 5 }];
    const messages = offer(
      tools,
      { tool_choice: { type: 'tool', name: 'web_search' } },
      { dialect: MESSAGES_DIALECT },
    );
    expect(messages?.tools).toMatchObject([{ name: 'litellm_web_search', input_schema: { type: 'object' } }]);
    expect(messages?.toolChoice).toEqual({ type: 'tool', name: 'litellm_web_search' });
  });
});
