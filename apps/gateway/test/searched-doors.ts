import Anthropic from '@anthropic-ai/sdk';
import { describe, expect, test } from '@jest/globals';
import OpenAI from 'openai';
import { type Json } from './harness.ts';
import { type Suite } from './harness/suite.ts';

const NEWS = 'What is the latest news about llamas?';
const WEATHER = 'What is the weather in Berlin?';
const typesOf = (rows: readonly Json[]): unknown[] => rows.map((row) => row.call_type).sort();

/** The search tool on the doors that are not chat, with the SDKs of those who made them. */
export function searchedDoors(parts: Suite, key: () => string): void {
  searchedResponses(parts, key);
  searchedMessages(parts, key);
}

function searchedResponses(parts: Suite, key: () => string): void {
  describe('a response with the search tool', () => {
    const client = (): OpenAI =>
      new OpenAI({ baseURL: `${parts.gateway.url}/v1`, apiKey: key(), maxRetries: 0 });
    const request = (fields: object = {}) => ({
      model: 'gpt-4',
      input: NEWS,
      tools: [{ type: 'web_search_preview' as const }],
      ...fields,
    });

    test.each([false, true])('is answered from what was found, streamed %p', async (stream) => {
      const callId = `responses-${stream}`;
      const options = { headers: { 'x-litellm-call-id': callId } };
      const response = stream
        ? await client().responses.stream(request(), options).finalResponse()
        : await client().responses.create(request(), options);
      expect(response.output.map(({ type }) => type)).toEqual(['web_search_call', 'message']);
      expect(response.output[0]).toMatchObject({
        status: 'completed',
        action: { type: 'search', query: NEWS },
      });
      expect(response.output_text).toContain('According to the tool: Title:');
      expect(response.model).toBe('gpt-4');
      expect(response.tools).toEqual(request().tools);
      const [, message] = response.output;
      const part = message?.type === 'message' ? message.content[0] : undefined;
      const cited = part?.type === 'output_text' ? part.annotations : [];
      expect(cited).toHaveLength(5);
      const [first] = cited;
      if (first?.type !== 'url_citation') throw new Error('no citation');
      expect(response.output_text.slice(first.start_index, first.end_index)).toBe(first.url);
      const rows = await parts.gateway.rows({ request_id: callId }, 3);
      expect(typesOf(rows)).toEqual(['aresponses', 'aresponses', 'asearch']);
    });

    test('streams as one response: numbered without a gap, begun once, ended once, each item in its place', async () => {
      const events: OpenAI.Responses.ResponseStreamEvent[] = [];
      for await (const event of await client().responses.create({ ...request(), stream: true }))
        events.push(event);
      expect(events.map((event) => event.sequence_number)).toEqual(events.map((_, at) => at));
      const types = events.map(({ type }) => type);
      for (const once of [
        'response.created',
        'response.completed',
        'response.web_search_call.completed',
      ] as const)
        expect(types.filter((type) => type === once)).toHaveLength(1);
      expect(types.some((type) => type.includes('function_call'))).toBe(false);
      const done = events.flatMap((event) =>
        event.type === 'response.output_item.done' ? [[event.output_index, event.item.type]] : [],
      );
      expect(done).toEqual([
        [0, 'web_search_call'],
        [1, 'message'],
      ]);
      const [created, completed] = [events[0], events.at(-1)];
      if (created?.type !== 'response.created' || completed?.type !== 'response.completed')
        throw new Error('order');
      expect(completed.response.id).toBe(created.response.id);
      expect(types).toContain('response.output_text.annotation.added');
    });

    test("gives the client's own calls back, and takes its own items again", async () => {
      const own = {
        type: 'function' as const,
        strict: false,
        name: 'get_weather',
        description: 'Tells the weather',
        parameters: { type: 'object', properties: { city: { type: 'string' } } },
      };
      const tools = [{ type: 'web_search_preview' as const }, own];
      const weather = await client().responses.create(request({ input: WEATHER, tools }));
      expect(weather.output).toMatchObject([{ type: 'function_call', name: 'get_weather' }]);
      const earlier = await client().responses.create(request());
      const input = [
        { role: 'user' as const, content: NEWS },
        ...earlier.output,
        { role: 'user' as const, content: 'echo:ok' },
      ];
      const next = await client().responses.create(request({ input }));
      expect(next.output_text).toBe('ok');
      expect((await parts.llamaSwap.lastRequest()).body).not.toContain('web_search_call');
    });
  });
}

function searchedMessages(parts: Suite, key: () => string): void {
  describe('a message with the search tool', () => {
    const client = (): Anthropic =>
      new Anthropic({ baseURL: parts.gateway.url, apiKey: key(), maxRetries: 0 });
    const search: Anthropic.WebSearchTool20250305 = {
      type: 'web_search_20250305',
      name: 'web_search',
      max_uses: 3,
    };
    const request = (content: string = NEWS) => ({
      model: 'gpt-4',
      max_tokens: 2_000,
      messages: [{ role: 'user' as const, content }],
      tools: [search] as Anthropic.ToolUnion[],
    });

    test.each([false, true])('is answered from what was found, streamed %p', async (stream) => {
      const callId = `messages-${stream}`;
      const options = { headers: { 'x-litellm-call-id': callId } };
      const message = stream
        ? await client().messages.stream(request(), options).finalMessage()
        : await client().messages.create(request(), options);
      const [use, result, text] = message.content;
      expect(message.content.map(({ type }) => type)).toEqual([
        'server_tool_use',
        'web_search_tool_result',
        'text',
      ]);
      expect(use).toMatchObject({ name: 'web_search', input: { query: NEWS } });
      if (result?.type !== 'web_search_tool_result' || text?.type !== 'text') throw new Error('blocks');
      expect(result.tool_use_id).toBe(use?.type === 'server_tool_use' ? use.id : '');
      expect(result.content).toHaveLength(5);
      expect(text.text).toContain('According to the tool: Title:');
      expect(text.citations).toHaveLength(5);
      expect(text.citations?.[0]).toMatchObject({ type: 'web_search_result_location' });
      expect(message).toMatchObject({ model: 'gpt-4', stop_reason: 'end_turn' });
      expect(message.usage.server_tool_use?.web_search_requests).toBe(1);
      const rows = await parts.gateway.rows({ request_id: callId }, 3);
      expect(typesOf(rows)).toEqual(['anthropic_messages', 'anthropic_messages', 'asearch']);
    });

    test('goes on without results, gives own calls back, and its blocks come back as words', async () => {
      await parts.sandbox.backend('searxng').next({ status: 500, times: 1 });
      const failed = await client().messages.stream(request()).finalMessage();
      expect(failed.content[1]).toMatchObject({ content: { type: 'web_search_tool_result_error' } });
      expect(failed.stop_reason).toBe('end_turn');
      const own: Anthropic.Tool = {
        name: 'get_weather',
        description: 'Tells the weather',
        input_schema: { type: 'object', properties: { city: { type: 'string' } } },
      };
      const asked = { ...request(WEATHER), tools: [search, own] };
      const weather = await client().messages.create(asked);
      expect(weather).toMatchObject({
        stop_reason: 'tool_use',
        content: [{ type: 'tool_use', name: 'get_weather' }],
      });
      const earlier = await client().messages.create(request());
      const messages = [
        ...request().messages,
        { role: 'assistant' as const, content: earlier.content },
        { role: 'user' as const, content: 'echo:ok' },
      ];
      const next = await client().messages.create({ ...request(), messages });
      expect(next.content).toMatchObject([{ type: 'text', text: 'ok' }]);
      const { body } = await parts.llamaSwap.lastRequest();
      expect(body).not.toMatch(/server_tool_use|web_search_tool_result/);
      expect(body).toContain('A search found:');
    });
  });
}
