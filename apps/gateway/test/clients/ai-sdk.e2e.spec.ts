import { afterEach, beforeAll, describe, expect } from '@jest/globals';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { embedMany, generateText, jsonSchema, Output, stepCountIs, streamText, tool } from 'ai';
import { until } from '../harness.ts';
import { suite, test } from '../harness/suite.ts';
import { PERSON_SCHEMA } from './openai-clients.ts';

const parts = suite();
const prompt = 'Tell me about rivers.';

describe('the AI SDK', () => {
  let provider: ReturnType<typeof createOpenAICompatible>;

  beforeAll(async () => {
    const apiKey = await parts.gateway.key({});
    provider = createOpenAICompatible({
      name: 'gateway',
      baseURL: `${parts.gateway.url}/v1`,
      apiKey,
      includeUsage: true,
      supportsStructuredOutputs: true,
    });
  });

  afterEach(() => parts.llamaSwap.reset({ settings: true }));

  test('generates text and reads usage', async () => {
    const { text, usage } = await generateText({ model: provider('gpt-4'), prompt, maxRetries: 0 });
    const [truth] = await parts.llamaSwap.truth({ model: 'qwen3-30b-a3b' });
    expect(text).toMatch(/\w/);
    expect(usage).toMatchObject({ inputTokens: truth?.promptTokens, outputTokens: truth?.emittedTokens });
  });

  test('streams the text that it would generate', async () => {
    const whole = await generateText({ model: provider('gpt-4'), prompt, maxRetries: 0 });
    const stream = streamText({ model: provider('gpt-4'), prompt, maxRetries: 0 });
    let text = '';
    for await (const piece of stream.textStream) text += piece;
    expect(text).toBe(whole.text);
    expect((await stream.usage).outputTokens).toBe(whole.usage.outputTokens);
  });

  test('runs a tool and goes on with its result', async () => {
    const asked: unknown[] = [];
    const { text } = await generateText({
      model: provider('gpt-4'),
      prompt: 'What is the weather in Paris?',
      stopWhen: stepCountIs(3),
      tools: {
        get_weather: tool({
          description: 'The weather of a city',
          inputSchema: jsonSchema<{ city: string }>({
            type: 'object',
            properties: { city: { type: 'string' } },
            required: ['city'],
          }),
          execute: (input) => {
            asked.push(input);
            return Promise.resolve('21 degrees');
          },
        }),
      },
    });
    expect(asked).toHaveLength(1);
    expect(text).toContain('21 degrees');
  });

  test('generates an object by its schema', async () => {
    const { output } = await generateText({
      model: provider('gpt-4'),
      prompt: 'Invent a person.',
      output: Output.object({ schema: jsonSchema<{ name: string; age: number }>(PERSON_SCHEMA as never) }),
    });
    expect(Object.keys(output)).toEqual(['name', 'age']);
  });

  test('embeds', async () => {
    const { embeddings } = await embedMany({
      model: provider.embeddingModel('bge-m3'),
      values: ['one', 'two'],
    });
    expect(embeddings.map((vector) => vector.length)).toEqual([1024, 1024]);
  });

  test('leaves the upstream when it is told to stop', async () => {
    await parts.llamaSwap.settings({ decodeMsPerToken: 20, answerTokens: 500 });
    const stop = new AbortController();
    const stream = streamText({
      model: provider('gpt-4'),
      prompt,
      abortSignal: stop.signal,
      onError: () => undefined,
    });
    let pieces = 0;
    for await (const piece of stream.textStream) {
      pieces += piece.length > 0 ? 1 : 0;
      if (pieces === 5) stop.abort();
    }
    const closedBy = await until('the upstream sees the end', async () => {
      const [truth] = await parts.llamaSwap.truth({ model: 'qwen3-30b-a3b' });
      return truth?.closedBy ?? undefined;
    });
    expect(closedBy).toBe('client');
  });

  test('tells the error of the upstream', async () => {
    const failing = generateText({ model: provider('fault/context'), prompt, maxRetries: 0 });
    await expect(failing).rejects.toMatchObject({
      statusCode: 400,
      message: expect.stringContaining('context'),
    });
  });
});
