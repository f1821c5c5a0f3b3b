import { afterEach, beforeAll, describe, expect } from '@jest/globals';
import type OpenAI from 'openai';
import { deployment, until } from '../harness.ts';
import { suite, test } from '../harness/suite.ts';
import { clientOf, OPENAI_MAJORS, PERSON_SCHEMA, WEATHER_TOOL } from './openai-clients.ts';

const parts = suite({
  models: [
    deployment('gpt-4', 'qwen3-30b-a3b'),
    deployment('team/qwen', 'qwen2.5-14b-instruct'),
    deployment('*', '*'),
  ],
});

const USER = { role: 'user', content: 'Tell me about rivers.' } as const;
const TOOLS: OpenAI.ChatCompletionTool[] = [WEATHER_TOOL];

async function collected(stream: AsyncIterable<OpenAI.ChatCompletionChunk>) {
  const chunks: OpenAI.ChatCompletionChunk[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}

const textOf = (chunks: readonly OpenAI.ChatCompletionChunk[]): string =>
  chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('');

describe.each(OPENAI_MAJORS)('%s', (_name, Client) => {
  let client: OpenAI;
  let user: string;

  beforeAll(async () => {
    user = `user-of-${_name.replace(' ', '-')}`;
    const key = await parts.gateway.key({ user_id: user });
    client = clientOf(Client, parts.gateway, { key });
  });

  afterEach(() => parts.llamaSwap.reset({ settings: true }));

  test('gets an answer under the name that it asked for, with the tokens of the upstream', async () => {
    const answer = await client.chat.completions.create({ model: 'gpt-4', messages: [USER] });
    const [truth] = await parts.llamaSwap.truth({ model: 'qwen3-30b-a3b' });
    expect(answer.model).toBe('gpt-4');
    expect(answer.choices[0]?.message.content).toMatch(/\w/);
    expect(answer.usage).toMatchObject({
      prompt_tokens: truth?.promptTokens,
      completion_tokens: truth?.emittedTokens,
    });
  });

  test('streams the same text that it gets in one piece', async () => {
    const whole = await client.chat.completions.create({ model: 'gpt-4', messages: [USER] });
    const chunks = await collected(
      await client.chat.completions.create({ model: 'gpt-4', messages: [USER], stream: true }),
    );
    expect(textOf(chunks)).toBe(whole.choices[0]?.message.content);
    expect(chunks[0]?.choices[0]?.delta.role).toBe('assistant');
    expect(new Set(chunks.map(({ id }) => id)).size).toBe(1);
    expect(new Set(chunks.map(({ model }) => model))).toEqual(new Set(['gpt-4']));
    expect(chunks.at(-1)?.choices[0]?.finish_reason).toBe('stop');
  });

  test('sees no usage chunk that it did not ask for', async () => {
    const chunks = await collected(
      await client.chat.completions.create({ model: 'gpt-4', messages: [USER], stream: true }),
    );
    expect(chunks.filter(({ choices }) => choices.length === 0)).toEqual([]);
    expect(chunks.filter(({ usage }) => usage)).toEqual([]);
  });

  test('sees exactly one usage chunk, the last, when it asks for it', async () => {
    const chunks = await collected(
      await client.chat.completions.create({
        model: 'gpt-4',
        messages: [USER],
        stream: true,
        stream_options: { include_usage: true },
      }),
    );
    const [truth] = await parts.llamaSwap.truth({ model: 'qwen3-30b-a3b' });
    expect(chunks.filter(({ choices }) => choices.length === 0)).toHaveLength(1);
    expect(chunks.at(-1)?.choices).toEqual([]);
    expect(chunks.at(-1)?.usage).toMatchObject({
      prompt_tokens: truth?.promptTokens,
      completion_tokens: truth?.emittedTokens,
    });
  });

  test('calls a tool, streamed, with arguments that parse', async () => {
    const chunks = await collected(
      await client.chat.completions.create({
        model: 'gpt-4',
        messages: [{ role: 'user', content: 'What is the weather in Paris?' }],
        tools: TOOLS,
        stream: true,
      }),
    );
    const deltas = chunks.flatMap(({ choices }) => choices[0]?.delta.tool_calls ?? []);
    expect(deltas[0]).toMatchObject({ index: 0, type: 'function', function: { name: 'get_weather' } });
    expect(deltas.every(({ index }) => index === 0)).toBe(true);
    const text = deltas.map((delta) => delta.function?.arguments ?? '').join('');
    expect(Object.keys(JSON.parse(text) as object)).toEqual(['city', 'days']);
    expect(chunks.at(-1)?.choices[0]?.finish_reason).toBe('tool_calls');
  });

  test('goes on after a tool has answered', async () => {
    const question = { role: 'user', content: 'What is the weather in Paris?' } as const;
    const first = await client.chat.completions.create({
      model: 'gpt-4',
      messages: [question],
      tools: TOOLS,
    });
    const said = first.choices[0]?.message;
    const call = said?.tool_calls?.[0];
    const second = await client.chat.completions.create({
      model: 'gpt-4',
      messages: [
        question,
        said as never,
        { role: 'tool', tool_call_id: call?.id ?? '', content: '21 degrees' },
      ],
      tools: TOOLS,
    });
    expect(second.choices[0]?.message.content).toContain('21 degrees');
  });

  test('gets JSON by a schema', async () => {
    const answer = await client.chat.completions.create({
      model: 'gpt-4',
      messages: [USER],
      response_format: {
        type: 'json_schema',
        json_schema: { name: 'person', strict: true, schema: { ...PERSON_SCHEMA } },
      },
    });
    const person = JSON.parse(answer.choices[0]?.message.content ?? '') as Record<string, unknown>;
    expect(Object.keys(person)).toEqual(['name', 'age']);
  });

  test('gets as many choices as it asks for', async () => {
    const answer = await client.chat.completions.create({ model: 'gpt-4', messages: [USER], n: 3 });
    expect(answer.choices.map(({ index }) => index)).toEqual([0, 1, 2]);
  });

  test('stops the upstream when it aborts a stream', async () => {
    await parts.llamaSwap.settings({ decodeMsPerToken: 20, answerTokens: 500 });
    const stream = await client.chat.completions.create({ model: 'gpt-4', messages: [USER], stream: true });
    let seen = 0;
    for await (const chunk of stream) {
      seen += chunk.choices.length;
      if (seen === 5) stream.controller.abort();
    }
    const [truth] = await until('the upstream sees the end', async () => {
      const entries = await parts.llamaSwap.truth({ model: 'qwen3-30b-a3b' });
      return entries[0]?.closedBy !== null && entries;
    });
    expect(truth?.closedBy).toBe('client');
    expect(truth?.emittedTokens).toBeLessThan(100);
  });

  test('lists models and retrieves one with a slash in its name', async () => {
    const listed = await client.models.list();
    const ids = listed.data.map(({ id }) => id);
    expect(ids).toEqual(expect.arrayContaining(['gpt-4', 'team/qwen', 'gemma3-27b', 'bge-m3']));
    expect(ids).not.toContain('*');
    expect(await client.models.retrieve('team/qwen')).toMatchObject({ id: 'team/qwen', object: 'model' });
  });

  test('embeds without naming a format, and as floats, to the same vector', async () => {
    const packed = await client.embeddings.create({ model: 'bge-m3', input: ['one', 'two'] });
    const plain = await client.embeddings.create({
      model: 'bge-m3',
      input: ['one', 'two'],
      encoding_format: 'float',
    });
    expect(packed.data.map(({ index }) => index)).toEqual([0, 1]);
    expect(packed.data[0]?.embedding).toHaveLength(1024);
    expect(packed.data[1]?.embedding[7]).toBeCloseTo(plain.data[1]?.embedding[7] ?? Number.NaN, 5);
    const [sent] = await parts.llamaSwap.truth({ model: 'bge-m3' });
    expect(packed.usage.prompt_tokens).toBe(sent?.promptTokens);
  });

  test('completes text, streamed and not', async () => {
    const whole = await client.completions.create({ model: 'gpt-4', prompt: 'Once upon a time' });
    const stream = await client.completions.create({
      model: 'gpt-4',
      prompt: 'Once upon a time',
      stream: true,
    });
    let text = '';
    for await (const chunk of stream) text += chunk.choices[0]?.text ?? '';
    expect(text).toBe(whole.choices[0]?.text);
    expect(whole.model).toBe('gpt-4');
  });

  test('leaves a spend row with the tokens of the truth', async () => {
    const answer = await client.chat.completions.create({ model: 'gpt-4', messages: [USER] });
    const row = await parts.gateway.row(answer.id);
    const [truth] = await parts.llamaSwap.truth({ model: 'qwen3-30b-a3b' });
    expect(row).toMatchObject({
      user,
      model_group: 'gpt-4',
      prompt_tokens: truth?.promptTokens,
      completion_tokens: truth?.emittedTokens,
    });
    expect(Number(row.spend)).toBeCloseTo(
      (truth?.promptTokens ?? 0) * 1e-6 + (truth?.emittedTokens ?? 0) * 2e-6,
      12,
    );
  });
});
