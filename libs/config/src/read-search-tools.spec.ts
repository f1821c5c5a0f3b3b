import { describe, expect, test } from '@jest/globals';
import { type SearchToolEntry } from './app-config.js';
import { configFrom, problemsFrom } from './testing.js';

const tool = (name: string, params = ''): string =>
  `[{search_tool_name: ${name}, litellm_params: {search_provider: searxng${params}}}]`;

function toolsOf(yaml: string, env: Record<string, string> = {}): readonly SearchToolEntry[] {
  return configFrom(yaml, env).searchTools;
}

describe('search_tools', () => {
  test('may stand in three places, which are joined', () => {
    const yaml = `search_tools: ${tool('a')}
general_settings: {search_tools: ${tool('b')}}
router_settings: {search_tools: ${tool('c')}}`;
    expect(toolsOf(yaml).map(({ name }) => name)).toEqual(['a', 'b', 'c']);
    expect(configFrom(yaml).warnings).toEqual([]);
  });

  test('several may share a name', () => {
    const yaml = `search_tools:
  - {search_tool_name: web, litellm_params: {search_provider: searxng, api_base: "http://one"}}
  - {search_tool_name: web, litellm_params: {search_provider: searxng, api_base: "http://two"}}`;
    expect(toolsOf(yaml).map(({ apiBase }) => apiBase)).toEqual(['http://one', 'http://two']);
  });

  test('what is written is read', () => {
    const yaml = `search_tools:
  - search_tool_name: web
    litellm_params: {search_provider: searxng, api_base: "http://s:1/", api_key: k, timeout: 3, max_retries: 0}
    search_tool_info: {description: the web}`;
    const [entry] = toolsOf(yaml);
    expect(entry).toMatchObject({
      name: 'web',
      provider: 'searxng',
      apiBase: 'http://s:1',
      timeoutMs: 3_000,
      description: 'the web',
    });
    expect(entry?.apiKey?.reveal()).toBe('k');
  });

  test('SearXNG is found through its variables', () => {
    const [entry] = toolsOf(`search_tools: ${tool('web')}`, {
      SEARXNG_API_BASE: 'http://s:2',
      SEARXNG_API_KEY: 'k2',
    });
    expect(entry).toMatchObject({ apiBase: 'http://s:2', timeoutMs: 10_000, description: null });
    expect(entry?.apiKey?.reveal()).toBe('k2');
  });

  test('the key of the environment does not go to an address of the tool', () => {
    const [entry] = toolsOf(`search_tools: ${tool('web', ', api_base: "http://other"')}`, {
      SEARXNG_API_KEY: 'k2',
    });
    expect(entry?.apiKey).toBeNull();
  });

  test('another provider gets neither, and a warning', () => {
    const yaml =
      'search_tools: [{search_tool_name: t, litellm_params: {search_provider: tavily, api_key: k}}]';
    const config = configFrom(yaml, { SEARXNG_API_KEY: 'k2' });
    expect(config.searchTools).toMatchObject([{ provider: 'tavily', apiBase: null }]);
    expect(config.warnings.join()).toContain('Only the search provider searxng is built in');
  });

  test.each([
    ['[{litellm_params: {search_provider: searxng}}]', '`search_tool_name` is missing.'],
    ['[{search_tool_name: a}]', '`search_provider` is missing.'],
    ['{a: b}', 'search_tools is no list.'],
    [tool('a', ', api_base: nowhere'), 'This is no http or https address.'],
    [tool('a', ', timeout: -1'), 'A time in seconds, of at most 24 days, belongs here; this is none.'],
  ])('%s is a problem', (list, message) => {
    expect(problemsFrom(`search_tools: ${list}`)).toMatchObject([{ line: 1, message }]);
  });

  test('a wrong SEARXNG_API_BASE is one problem however many tools there are', () => {
    const yaml = `search_tools: [${tool('a').slice(1, -1)}, ${tool('b').slice(1, -1)}]`;
    expect(problemsFrom(yaml, { SEARXNG_API_BASE: 'searxng' })).toMatchObject([
      { file: 'environment', path: 'SEARXNG_API_BASE' },
    ]);
  });
});
