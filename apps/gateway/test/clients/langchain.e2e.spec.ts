import { afterEach, beforeAll, describe, expect } from '@jest/globals';
import { HumanMessage } from '@langchain/core/messages';
import { tool } from '@langchain/core/tools';
import { ChatOpenAI, OpenAIEmbeddings } from '@langchain/openai';
import { z } from 'zod/v4';
import { suite, test } from '../harness/suite.ts';

const parts = suite();
const PERSON = z.object({ name: z.string(), age: z.number().int() });
const weather = tool(() => 'sunny', {
  name: 'get_weather',
  description: 'The weather of a city',
  schema: z.object({ city: z.string(), days: z.number().int() }),
});

describe('LangChain', () => {
  let key: string;
  const chat = (fields: object = {}): ChatOpenAI =>
    new ChatOpenAI({
      model: 'gpt-4',
      apiKey: key,
      configuration: { baseURL: `${parts.gateway.url}/v1` },
      maxRetries: 0,
      ...fields,
    });

  beforeAll(async () => {
    key = await parts.gateway.key({});
  });

  afterEach(() => parts.llamaSwap.reset({ settings: true }));

  test('invokes and reads usage', async () => {
    const answer = await chat().invoke('Tell me about rivers.');
    const [truth] = await parts.llamaSwap.truth({ model: 'qwen3-30b-a3b' });
    expect(answer.text).toMatch(/\w/);
    expect(answer.usage_metadata).toMatchObject({
      input_tokens: truth?.promptTokens,
      output_tokens: truth?.emittedTokens,
    });
  });

  test('streams, and the last chunk brings usage', async () => {
    let text = '';
    let outputTokens = 0;
    for await (const chunk of await chat().stream('Tell me about rivers.')) {
      text += chunk.text;
      const usage: unknown = chunk.usage_metadata;
      outputTokens += (usage as { output_tokens: number } | undefined)?.output_tokens ?? 0;
    }
    const [truth] = await parts.llamaSwap.truth({ model: 'qwen3-30b-a3b' });
    expect(text).toMatch(/\w/);
    expect(outputTokens).toBe(truth?.emittedTokens);
  });

  test('merges the pieces of a streamed tool call', async () => {
    const bound = chat().bindTools([weather]);
    let merged: Awaited<ReturnType<typeof bound.invoke>> | undefined;
    for await (const chunk of await bound.stream([new HumanMessage('What is the weather in Paris?')])) {
      merged = merged === undefined ? chunk : merged.concat(chunk);
    }
    expect(merged?.tool_calls).toHaveLength(1);
    expect(merged?.tool_calls?.[0]).toMatchObject({
      name: 'get_weather',
      args: { days: expect.any(Number) },
    });
  });

  test('keeps the tool call when the model has to be loaded first', async () => {
    await parts.llamaSwap.settings({ loadMs: 300, sendLoadingState: true, swap: 'on' });
    const bound = chat({ model: 'gemma3-27b' }).bindTools([weather]);
    let merged: Awaited<ReturnType<typeof bound.invoke>> | undefined;
    for await (const chunk of await bound.stream([new HumanMessage('What is the weather in Paris?')])) {
      merged = merged === undefined ? chunk : merged.concat(chunk);
    }
    expect(merged?.tool_calls?.[0]?.name).toBe('get_weather');
  });

  test('gets structured output by schema and by forced tool', async () => {
    for (const method of ['jsonSchema', 'functionCalling'] as const) {
      const person = await chat({ model: 'gemma3-27b' })
        .withStructuredOutput(PERSON, { method, name: 'person' })
        .invoke('Invent a person.');
      expect(typeof person.name).toBe('string');
      expect(Number.isInteger(person.age)).toBe(true);
    }
  });

  test('gets through after a 429', async () => {
    await parts.llamaSwap.next({ status: 429, headers: { 'Retry-After': '1' }, times: 1 });
    const answer = await chat({ maxRetries: 2 }).invoke('Tell me about rivers.');
    expect(answer.text).toMatch(/\w/);
  });

  test('gives up at once on an error of its own making', async () => {
    await expect(chat({ model: 'fault/context', maxRetries: 6 }).invoke('x')).rejects.toThrow(/context/);
    expect(await parts.llamaSwap.truth({ model: 'fault/context' })).toHaveLength(1);
  });

  test('embeds documents to vectors that are not empty', async () => {
    const embeddings = new OpenAIEmbeddings({
      model: 'bge-m3',
      apiKey: key,
      configuration: { baseURL: `${parts.gateway.url}/v1` },
    });
    const vectors = await embeddings.embedDocuments(['one', 'two', 'three']);
    expect(vectors.map((vector) => vector.length)).toEqual([1024, 1024, 1024]);
  });
});
