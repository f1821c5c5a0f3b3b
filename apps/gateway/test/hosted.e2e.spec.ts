import { type AIMessageChunk } from '@langchain/core/messages';
import { ChatOpenAI } from '@langchain/openai';
import { afterEach, beforeAll, describe, expect } from '@jest/globals';
import OpenAI from 'openai';
import { clientOf, PERSON_SCHEMA, WEATHER_TOOL } from './clients/openai-clients.ts';
import { chunksOf, deployment, textOf } from './harness.ts';
import { suite, test } from './harness/suite.ts';
import { FixturePlayer } from './providers/fixture-player.ts';
import { providerFixtures } from './providers/fixtures.ts';

/** By the name that its models begin with: whether it takes a key, and where the chat goes. */
const PROVIDERS: Readonly<Record<string, { readonly key: string | null; readonly path: string }>> = {
  openai: { key: 'authorization', path: '/openai/v1/chat/completions' },
  azure: {
    key: 'api-key',
    path: '/azure/openai/deployments/some-model/chat/completions?api-version=2024-10-21',
  },
  anthropic: { key: 'x-api-key', path: '/anthropic/v1/messages' },
  gemini: { key: 'authorization', path: '/gemini/v1beta/openai/chat/completions' },
  mistral: { key: 'authorization', path: '/mistral/v1/chat/completions' },
  groq: { key: 'authorization', path: '/groq/openai/v1/chat/completions' },
  deepseek: { key: 'authorization', path: '/deepseek/v1/chat/completions' },
  openrouter: { key: 'authorization', path: '/openrouter/api/v1/chat/completions' },
  together_ai: { key: 'authorization', path: '/together_ai/v1/chat/completions' },
  ollama: { key: null, path: '/ollama/v1/chat/completions' },
  hosted_vllm: { key: null, path: '/hosted_vllm/v1/chat/completions' },
};
const NAMES = Object.keys(PROVIDERS);
const secretOf = (name: string): string => `sk-canary-of-${name}-0123456789`;
const PRICES = { input_cost_per_token: 0.000001, output_cost_per_token: 0.000002 };

const parts = suite(
  {
    models: [
      ...NAMES.map((name) => ({
        model_name: name,
        litellm_params: { model: `${name}/some-model`, ...PRICES },
      })),
      { model_name: 'broken-claude', litellm_params: { model: 'anthropic/fault/status-529', ...PRICES } },
      { model_name: 'leaky-claude', litellm_params: { model: 'anthropic/fault/redirect', ...PRICES } },
      { model_name: 'cut-claude', litellm_params: { model: 'anthropic/fault/rst-3', ...PRICES } },
      {
        model_name: 'moderator',
        litellm_params: { model: 'openai/omni-moderation-latest' },
        model_info: { mode: 'moderation' },
      },
      deployment('local', 'qwen3-30b-a3b'),
    ],
    router: { fallbacks: [{ 'broken-claude': ['local'] }, { local: ['anthropic'] }] },
  },
  {
    backends: ['hosted'],
    env: Object.fromEntries(
      NAMES.filter((name) => PROVIDERS[name]?.key !== null).map((name) => [
        `${name.toUpperCase()}_API_KEY`,
        secretOf(name),
      ]),
    ),
  },
);
let key: string;

beforeAll(async () => {
  key = await parts.gateway.key({});
});

const hosted = () => parts.sandbox.backend('hosted');
afterEach(async () => {
  await Promise.all([hosted().reset({ settings: true }), parts.llamaSwap.reset({ settings: true })]);
});

const client = (): OpenAI => clientOf(OpenAI, parts.gateway, { key });
const ask = (model: string, content: string, more: object = {}) =>
  parts.gateway.http.ask('/v1/chat/completions', {
    key,
    body: { model, messages: [{ role: 'user', content }], ...more },
  });

describe('a hosted provider', () => {
  for (const name of NAMES) {
    test(`${name} answers in one piece and streamed, with its key in its own place, and is charged`, async () => {
      const whole = await ask(name, 'echo:hello there');
      expect([whole.status, whole.json?.choices?.[0]?.message?.content]).toEqual([200, 'hello there']);
      expect(whole.json).toMatchObject({
        model: name,
        object: 'chat.completion',
        choices: [{ finish_reason: 'stop' }],
      });
      const request = await hosted().lastRequest();
      expect(request.url).toBe(PROVIDERS[name]?.path);
      const carriers = Object.entries(request.headers).filter(([, value]) => value.includes('sk-canary'));
      const place = PROVIDERS[name]?.key ?? null;
      const value = place === 'authorization' ? `Bearer ${secretOf(name)}` : secretOf(name);
      expect(carriers).toEqual(place === null ? [] : [[place, value]]);
      const streamed = await ask(name, 'echo:a b c', { stream: true });
      const chunks = chunksOf(streamed.text);
      expect([textOf(chunks), new Set(chunks.map(({ model }) => model))]).toEqual(['a b c', new Set([name])]);
      expect(streamed.text.trimEnd().endsWith('data: [DONE]')).toBe(true);
      const [first, second] = await hosted().truth({ model: 'some-model' });
      for (const [answer, truth] of [
        [whole, first],
        [streamed, second],
      ] as const) {
        const row = await parts.gateway.row(answer.headers['x-litellm-call-id'] ?? '');
        expect(row).toMatchObject({
          prompt_tokens: truth?.promptTokens,
          completion_tokens: truth?.generatedTokens || truth?.emittedTokens,
          custom_llm_provider: name,
          metadata: { usage_estimated: false },
        });
        expect(Number(row.spend)).toBeGreaterThan(0);
      }
    });
  }

  test('never gets the key of another, and nobody gets one by a redirect', async () => {
    await hosted().settings({ redirectTo: `${parts.llamaSwap.url}/v1/messages` });
    expect((await ask('leaky-claude', 'x')).status).toBe(502);
    for (const name of NAMES) await ask(name, 'echo:x');
    await ask('local', 'echo:x');
    const seen = await hosted().truth();
    for (const { path, requestHeaders } of seen) {
      const folder = /^\/([a-z_]+)/.exec(path)?.[1] ?? '';
      for (const other of NAMES) {
        if (other !== folder) expect(JSON.stringify(requestHeaders)).not.toContain(secretOf(other));
      }
    }
    expect(JSON.stringify(await parts.llamaSwap.truth())).not.toContain('sk-canary-of');
  });

  test('judges texts', async () => {
    const { data, response } = await client()
      .moderations.create({ model: 'moderator', input: ['hi', 'attack!'] })
      .withResponse();
    expect(data.results.map(({ flagged }) => flagged)).toEqual([false, true]);
    expect((await parts.gateway.row(response.headers.get('x-litellm-call-id') ?? '')).call_type).toBe(
      'amoderation',
    );
  });

  test('judges texts without the name of a model, where only one moderates', async () => {
    const { data, response } = await client().moderations.create({ input: 'attack!' }).withResponse();
    expect(data.results.map(({ flagged }) => flagged)).toEqual([true]);
    const row = await parts.gateway.row(response.headers.get('x-litellm-call-id') ?? '');
    expect(row).toMatchObject({ call_type: 'amoderation', model_group: 'moderator' });
  });
});

const FIXTURES = providerFixtures();

test('there is a fixture for every provider', () => {
  expect(FIXTURES.map(({ provider }) => provider).sort()).toEqual([...NAMES].sort());
});

describe.each(FIXTURES)('$provider, as its documentation shows it,', (fixture) => {
  const player = new FixturePlayer(fixture, {
    gateway: () => parts.gateway,
    hosted,
    key: () => key,
  });

  test('answers in one piece', () => player.answersWhole());
  test('answers streamed', () => player.answersStreamed());
  test('refuses, and the client is told why', () => player.refuses());
});

describe('a chat with Anthropic', () => {
  for (const isStreamed of [false, true]) {
    test(`calls tools and uses their results, ${isStreamed ? 'streamed' : 'in one piece'}`, async () => {
      const said = async (
        messages: OpenAI.ChatCompletionMessageParam[],
      ): Promise<OpenAI.ChatCompletionMessage> => {
        const params = { model: 'anthropic', messages, tools: [WEATHER_TOOL] };
        const completion = isStreamed
          ? await client().chat.completions.stream(params).finalChatCompletion()
          : await client().chat.completions.create(params);
        const [choice] = completion.choices;
        if (!choice) throw new Error('no choice');
        return choice.message;
      };
      const asked: OpenAI.ChatCompletionMessageParam[] = [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'What is the weather in Oslo?' },
      ];
      const first = await said(asked);
      const [call] = first.tool_calls ?? [];
      if (call?.type !== 'function') throw new Error('no call');
      expect(JSON.parse(call.function.arguments)).toHaveProperty('city');
      const second = await said([...asked, first, { role: 'tool', tool_call_id: call.id, content: 'Snow' }]);
      expect(second.content).toBe('According to the tool: Snow');
      const { body } = await hosted().lastRequest();
      expect(JSON.parse(body)).toMatchObject({
        system: [{ type: 'text', text: 'Be brief.' }],
        messages: [
          { role: 'user' },
          { role: 'assistant' },
          { role: 'user', content: [{ type: 'tool_result', tool_use_id: call.id }] },
        ],
      });
    });
  }

  test('tells its usage in a stream where the client asks for it, and only there', async () => {
    const asked = chunksOf(
      (await ask('anthropic', 'echo:a b', { stream: true, stream_options: { include_usage: true } })).text,
    );
    expect(asked.at(-1)).toMatchObject({
      choices: [],
      usage: { completion_tokens: 2, total_tokens: expect.any(Number) },
    });
    const unasked = chunksOf((await ask('anthropic', 'echo:a b', { stream: true })).text);
    expect(unasked.every(({ usage }) => usage === undefined)).toBe(true);
  });

  test('falls over to a local model, and a local one to it', async () => {
    expect((await ask('broken-claude', 'echo:here')).json?.choices?.[0]?.message?.content).toBe('here');
    await parts.llamaSwap.next({ status: 503, body: {}, match: { path: '/v1/chat/completions' } });
    expect((await ask('local', 'echo:there')).json?.choices?.[0]?.message?.content).toBe('there');
  });

  test('that breaks in the middle ends with an error', async () => {
    const { text } = await ask('cut-claude', 'x', { stream: true });
    expect(chunksOf(text).at(-1)).toMatchObject({ error: { type: 'upstream_error' } });
    expect(text).not.toContain('[DONE]');
  });

  test('refuses what cannot be said in its words, by name', async () => {
    const refused = await ask('anthropic', 'x', { n: 2 });
    expect([refused.status, refused.json?.error?.param]).toEqual([400, 'n']);
    expect((await ask('anthropic', 'echo:x', { n: 2, drop_params: true })).status).toBe(200);
  });

  test('takes its own protocol as it is', async () => {
    const body = {
      model: 'anthropic',
      max_tokens: 50,
      messages: [{ role: 'user', content: 'echo:as it is' }],
    };
    const { json } = await parts.gateway.http.ask('/v1/messages', { key, body });
    expect(json).toMatchObject({ model: 'anthropic', content: [{ text: 'as it is' }] });
    const { headers } = await hosted().lastRequest();
    expect(headers).toMatchObject({ 'x-api-key': secretOf('anthropic'), 'anthropic-version': '2023-06-01' });
  });

  test('serves LangChain, with tools and structured answers', async () => {
    const model = new ChatOpenAI({
      model: 'anthropic',
      apiKey: key,
      maxRetries: 0,
      configuration: { baseURL: `${parts.gateway.url}/v1` },
    });
    const pieces: AIMessageChunk[] = [];
    for await (const piece of await model.bindTools([WEATHER_TOOL]).stream('What is the weather in Oslo?')) {
      pieces.push(piece);
    }
    const called = pieces.reduce((before, piece) => before.concat(piece));
    expect(called.tool_calls?.[0]).toMatchObject({ name: 'get_weather', args: { city: expect.any(String) } });
    const person = await model
      .withStructuredOutput(PERSON_SCHEMA, { name: 'person', method: 'functionCalling' })
      .invoke('Ann is 30');
    expect(person).toMatchObject({ name: expect.any(String) });
  });
});
