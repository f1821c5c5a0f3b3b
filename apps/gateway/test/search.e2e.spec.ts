import { afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { type Answer, chunksOf, deployment, type Json, listOf, stringOf, textOf, until } from './harness.ts';
import { suite } from './harness/suite.ts';
import { searchedDoors } from './searched-doors.ts';

const TOOL = 'searxng-search';
const parts = suite(
  {
    general: {
      search_tools: [{ search_tool_name: TOOL, litellm_params: { search_provider: 'searxng', timeout: 2 } }],
    },
    models: [
      deployment('gpt-4', 'qwen3-30b-a3b'),
      { ...deployment('no-tools', 'qwen3-30b-a3b'), model_info: { supports_function_calling: false } },
    ],
  },
  { backends: ['searxng'] },
);
let key = '';

beforeAll(async () => {
  key = await parts.gateway.key({ key_alias: 'searcher' });
});

afterEach(async () => {
  await parts.sandbox.backend('searxng').reset({ settings: true });
  await parts.llamaSwap.reset({ settings: true });
});

const searxng = () => parts.sandbox.backend('searxng');
const NEWS = 'What is the latest news about llamas?';
const searchTool = {
  type: 'function',
  function: { name: TOOL, description: 'Search the web for information' },
};
const ownTool = {
  type: 'function',
  function: {
    name: 'get_weather',
    description: 'Tells the weather',
    parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  },
};

let count = 0;

/** A chat with the search tool; `rows` are those of its call id. */
async function ask(body: object): Promise<{ answer: Answer; callId: string }> {
  const callId = `search-${process.pid}-${(count += 1)}`;
  const answer = await parts.gateway.chat(
    { messages: [{ role: 'user', content: NEWS }], tools: [searchTool], ...body },
    { key, headers: { 'x-litellm-call-id': callId } },
  );
  return { answer, callId };
}

const messageOf = (answer: Answer): Json => listOf(answer.json?.choices)[0]?.message ?? {};
const typesOf = (rows: readonly Json[]): unknown[] => rows.map((row) => row.call_type).sort();

const search = (body: object, path = '/v1/search'): Promise<Answer> => parts.gateway.ask(path, { key, body });

describe('POST /v1/search', () => {
  test('answers with cleaned results and stands in the books', async () => {
    const answer = await search({ query: 'streams', search_tool_name: TOOL, max_results: 2 });
    expect(answer.status).toBe(200);
    expect(answer.json?.object).toBe('search');
    const results = listOf(answer.json?.results);
    expect(results).toHaveLength(2);
    expect(results[0]).toMatchObject({ title: 'streams – part 1', date: null, last_updated: null });
    const row = await parts.gateway.row(String(answer.headers['x-litellm-call-id']));
    expect(row).toMatchObject({ call_type: 'asearch', model: 'searxng/search', status: 'success' });
  });

  test.each(['/search', `/v1/search/${TOOL}`, `/search/${TOOL}`])('answers at %s', async (path) => {
    expect((await search({ query: 'x', search_tool_name: TOOL }, path)).status).toBe(200);
  });

  test('sends no query in the address', async () => {
    await search({ query: 'my secret', search_tool_name: TOOL });
    const { url, body } = await searxng().lastRequest();
    expect(url).not.toContain('secret');
    expect(body).toContain('my+secret');
  });

  test('lists its tools', async () => {
    const answer = await parts.gateway.ask('/v1/search/tools', { key, method: 'GET' });
    expect(answer.json).toEqual({
      object: 'list',
      data: [{ search_tool_name: TOOL, search_provider: 'searxng' }],
    });
  });

  test.each<[string, object]>([
    ['search_tool_name', { query: 'x', search_tool_name: 'nobody' }],
    ['search_tool_name', { query: 'x' }],
    ['query', { search_tool_name: TOOL }],
  ])('names %s as what is wrong', async (param, body) => {
    const answer = await search(body);
    expect([answer.status, (answer.json?.error as Json).param]).toEqual([400, param]);
  });

  test('says what the owner of a fresh SearXNG has to change', async () => {
    await searxng().settings({ jsonFormat: false });
    const answer = await search({ query: 'x', search_tool_name: TOOL });
    expect([answer.status, answer.text]).toEqual([502, expect.stringContaining('search.formats')]);
    await searxng().settings({ jsonFormat: true, limiter: true });
    const limited = await search({ query: 'x', search_tool_name: TOOL });
    expect([limited.status, limited.text]).toEqual([502, expect.stringContaining('pass_ip')]);
  });

  test('keeps what is no web page out', async () => {
    await searxng().settings({
      fixedResults: [
        { url: 'javascript:alert(1)', title: 'x' },
        { url: 'https://good.example/', title: 'Good\u202e', content: '\u0000Fine' },
      ],
    });
    const answer = await search({ query: 'x', search_tool_name: TOOL });
    expect(answer.json?.results).toEqual([
      { title: 'Good', url: 'https://good.example/', snippet: 'Fine', date: null, last_updated: null },
    ]);
  });
});

describe('a chat with the search tool', () => {
  test('is answered from what was found, with its sources', async () => {
    const { answer, callId } = await ask({ tool_choice: 'auto' });
    expect(answer.status).toBe(200);
    const message = messageOf(answer);
    expect(message.content).toContain('According to the tool: Title:');
    expect(message.tool_calls).toBeUndefined();
    const annotations = listOf(message.annotations);
    expect(annotations).toHaveLength(5);
    const [{ url_citation: cited }] = annotations as [{ url_citation: Json }];
    const { start_index: start, end_index: end, url } = cited;
    expect(stringOf(message.content).slice(Number(start), Number(end))).toBe(url);
    const rows = await parts.gateway.rows({ request_id: callId }, 3);
    expect(typesOf(rows)).toEqual(['acompletion', 'acompletion', 'asearch']);
  });

  test('streams one answer under one id, with a sign of life meanwhile', async () => {
    const { answer, callId } = await ask({ stream: true, stream_options: { include_usage: true } });
    expect(answer.status).toBe(200);
    expect(answer.text).toContain(': keep-alive');
    const chunks = chunksOf(answer.text);
    expect(new Set(chunks.map(({ id }) => id)).size).toBe(1);
    const choices = chunks.flatMap((chunk) => listOf(chunk.choices));
    const text = textOf(chunks);
    expect(text).toContain('According to the tool: Title:');
    expect(choices.filter(({ finish_reason: reason }) => typeof reason === 'string')).toHaveLength(1);
    expect(choices.filter(({ delta }) => 'role' in (delta as Json))).toHaveLength(1);
    expect(answer.text).not.toContain('tool_calls');
    expect(chunks.filter(({ usage }) => usage)).toHaveLength(1);
    expect(answer.text.match(/data: \[DONE\]/g)).toHaveLength(1);
    expect(await parts.gateway.rows({ request_id: callId }, 3)).toHaveLength(3);
  });

  test.each<[string, object]>([
    ["OpenAI's tool", { type: 'web_search_preview' }],
    ["Anthropic's tool", { type: 'web_search_20250305', name: 'web_search', max_uses: 3 }],
    ['a bare function', { type: 'function', function: { name: 'web_search' } }],
  ])('knows %s too', async (_, tool) => {
    const { answer } = await ask({ tools: [tool] });
    expect(messageOf(answer).content).toContain('URL: https://');
  });

  test("gives the client's own calls back untouched", async () => {
    const { answer } = await ask({
      messages: [{ role: 'user', content: 'What is the weather in Berlin?' }],
      tools: [searchTool, ownTool],
    });
    expect(messageOf(answer).tool_calls).toMatchObject([{ function: { name: 'get_weather' } }]);
  });

  test.each([false, true])('called with both, streamed %p: the own call is the answer', async (stream) => {
    const { answer } = await ask({
      messages: [{ role: 'user', content: 'call tool: use all tools' }],
      tools: [searchTool, ownTool],
      parallel_tool_calls: true,
      stream,
    });
    expect(answer.text).toContain('get_weather');
    expect(answer.text).not.toContain(TOOL);
    expect(answer.text).toMatch(/"finish_reason":\s*"tool_calls"/);
  });

  test('goes on without results when the search engine fails', async () => {
    await searxng().next({ status: 500, times: 1 });
    const { answer } = await ask({});
    expect(answer.status).toBe(200);
    expect(messageOf(answer).content).toContain('According to the tool: Search failed:');
  });

  test('ends the search when its time is over', async () => {
    await searxng().next({ stall: true, times: 1, delayMs: 60_000 });
    const { answer } = await ask({});
    expect(answer.status).toBe(200);
  });

  test('leaves the search engine when its client leaves', async () => {
    await searxng().next({ stall: true, times: 1, delayMs: 60_000 });
    const leave = new AbortController();
    const gone = parts.gateway
      .chat(
        { messages: [{ role: 'user', content: NEWS }], tools: [searchTool] },
        { key, signal: leave.signal },
      )
      .catch(() => 'gone');
    const searching = async (): Promise<boolean> => (await searxng().open()).inProgress > 0;
    await until('the search has begun', searching);
    leave.abort();
    expect(await gone).toBe('gone');
    await until('the search has ended', async () => !(await searching()), 1_000, 10);
  });

  test('makes a model that never stops searching answer', async () => {
    const { answer, callId } = await ask({ tool_choice: { type: 'function', function: { name: TOOL } } });
    expect(answer.status).toBe(200);
    const rows = await parts.gateway.rows({ request_id: callId }, 3);
    expect(rows.length).toBeLessThanOrEqual(7);
  });

  test('is an ordinary chat for a model that cannot call functions', async () => {
    const { answer, callId } = await ask({ model: 'no-tools' });
    expect(answer.status).toBe(200);
    expect((await parts.llamaSwap.lastRequest()).body).not.toContain('tools');
    expect(typesOf(await parts.gateway.rows({ request_id: callId }, 1))).toEqual(['acompletion']);
  });
});

searchedDoors(parts, () => key);
