import { afterEach, beforeAll, describe, expect } from '@jest/globals';
import OpenAI from 'openai';
import { clientOf } from './clients/openai-clients.ts';
import { deployment, MASTER_KEY, stringOf } from './harness.ts';
import { suite, test } from './harness/suite.ts';

const parts = suite({
  models: [
    deployment('gpt-4', 'qwen3-30b-a3b'),
    deployment('kept', 'qwen3-30b-a3b'),
    deployment('kept', 'qwen2.5-14b-instruct'),
    deployment('shaky', 'fault/rst-0'),
    deployment('*', '*'),
  ],
  router: { fallbacks: [{ shaky: ['gpt-4'] }] },
});
let key: string;

beforeAll(async () => {
  key = await parts.gateway.key({});
});

afterEach(() => parts.llamaSwap.reset({ settings: true }));

const client = (): OpenAI => clientOf(OpenAI, parts.gateway, { key });
const ask = (path: string, body: object) => parts.gateway.http.ask(path, { key, body });
const WEATHER: OpenAI.Responses.FunctionTool = {
  type: 'function',
  name: 'get_weather',
  description: 'The weather of a city',
  parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  strict: false,
};

describe("OpenAI's responses", () => {
  test('come in one piece, metered, with the model as it was asked for', async () => {
    const { data, response } = await client()
      .responses.create({ model: 'gpt-4', input: 'echo:hello there' })
      .withResponse();
    expect(data.output_text).toBe('hello there');
    expect(data.model).toBe('gpt-4');
    expect(await parts.gateway.row(response.headers.get('x-litellm-call-id') ?? '')).toMatchObject({
      call_type: 'aresponses',
      prompt_tokens: data.usage?.input_tokens,
      completion_tokens: data.usage?.output_tokens,
    });
  });

  test('come as a stream that ends with `response.completed`, metered by its usage', async () => {
    const stream = await client().responses.create({ model: 'gpt-4', input: 'echo:a b c', stream: true });
    const events: OpenAI.Responses.ResponseStreamEvent[] = [];
    for await (const event of stream) events.push(event);
    const last = events.at(-1);
    if (last?.type !== 'response.completed') throw new Error(`it ended with ${last?.type}`);
    expect(last.response.model).toBe('gpt-4');
    expect(
      events.flatMap((event) => (event.type === 'response.output_text.delta' ? [event.delta] : [])),
    ).toEqual(expect.arrayContaining(['a']));
    const [truth] = await parts.llamaSwap.truth({ model: 'qwen3-30b-a3b' });
    expect(await parts.gateway.row(last.response.id)).toMatchObject({
      prompt_tokens: truth?.promptTokens,
      completion_tokens: truth?.emittedTokens,
      metadata: { usage_estimated: false },
    });
  });

  test('call a tool and use its result', async () => {
    const input: OpenAI.Responses.ResponseInput = [{ role: 'user', content: 'What is the weather in Oslo?' }];
    const first = await client()
      .responses.stream({ model: 'gpt-4', input, tools: [WEATHER] })
      .finalResponse();
    const call = first.output.find((item) => item.type === 'function_call');
    expect(JSON.parse(call?.arguments ?? '')).toMatchObject({ city: expect.any(String) });
    const second = await client().responses.create({
      model: 'gpt-4',
      tools: [WEATHER],
      input: [
        ...input,
        {
          type: 'function_call',
          call_id: call?.call_id ?? '',
          name: 'get_weather',
          arguments: call?.arguments ?? '',
        },
        { type: 'function_call_output', call_id: call?.call_id ?? '', output: 'Snow' },
      ],
    });
    expect(second.output_text).toBe('According to the tool: Snow');
  });

  test('come from a fallback where the first backend fails, streamed or not', async () => {
    const whole = await client().responses.create({ model: 'shaky', input: 'echo:here' });
    expect(whole.output_text).toBe('here');
    const streamed = await client().responses.stream({ model: 'shaky', input: 'echo:here' }).finalResponse();
    expect(streamed.output_text).toBe('here');
  });

  test('that break in the middle end with an error that the SDK throws', async () => {
    const stream = await client().responses.create({ model: 'fault/rst-3', input: 'x', stream: true });
    const seen: string[] = [];
    const all = async (): Promise<void> => {
      for await (const { type } of stream) seen.push(type);
    };
    await expect(all()).rejects.toBeInstanceOf(OpenAI.APIError);
    expect(seen).not.toContain('response.completed');
  });

  test('that would be made in the background are refused, for nobody could charge them', async () => {
    const answer = await ask('/v1/responses', { model: 'gpt-4', input: 'x', background: true });
    expect([answer.status, answer.json?.error?.param]).toEqual([400, 'background']);
  });

  test('of a conversation that the provider keeps are refused, for nobody knows whose it is; the master key may', async () => {
    const body = { model: 'gpt-4', input: 'echo:x', conversation: { id: 'conv_somebodys' } };
    for (const path of ['/v1/responses', '/v1/responses/compact']) {
      const answer = await ask(path, body);
      expect([answer.status, answer.json?.error?.param]).toEqual([400, 'conversation']);
    }
    expect(await parts.llamaSwap.truth()).toEqual([]);
    expect((await parts.gateway.http.ask('/v1/responses', { key: MASTER_KEY, body })).status).toBe(200);
  });

  test('are made shorter by a call that is metered, and may go on from a kept one', async () => {
    const first = await ask('/v1/responses', { model: 'kept', input: 'echo:hi' });
    const made = await parts.gateway.row(first.headers['x-litellm-call-id'] ?? '');
    const usage = { input_tokens: 7, output_tokens: 3, total_tokens: 10 };
    await parts.llamaSwap.next({
      status: 200,
      body: { id: 'resp_short', object: 'response.compaction', output: [], usage },
    });
    const answer = await ask('/v1/responses/compact', {
      model: 'kept',
      previous_response_id: first.json?.id,
    });
    expect([answer.status, answer.json]).toMatchObject([200, { id: 'resp_short', output: [] }]);
    expect((await parts.llamaSwap.lastRequest()).url).toBe('/v1/responses/compact');
    expect(await parts.gateway.row(answer.headers['x-litellm-call-id'] ?? '')).toMatchObject({
      call_type: 'acompact_responses',
      model_id: made.model_id,
      prompt_tokens: 7,
      completion_tokens: 3,
    });
  });

  test('are served at each of their paths', async () => {
    for (const path of ['/v1/responses', '/responses', '/openai/v1/responses']) {
      expect((await ask(path, { model: 'gpt-4', input: 'echo:x' })).status).toBe(200);
    }
  });
});

describe('a response that is kept', () => {
  const made = async (more: object = {}) => {
    const answer = await ask('/v1/responses', { model: 'kept', input: 'echo:hi', ...more });
    const { model_id } = await parts.gateway.row(answer.headers['x-litellm-call-id'] ?? '');
    return { status: answer.status, id: stringOf(answer.json?.id), deployment: stringOf(model_id) };
  };
  const byId = (path: string, method: 'GET' | 'POST' | 'DELETE' = 'GET', asKey = key) =>
    parts.gateway.http.ask(`/v1/responses/${path}`, { method, key: asKey });

  test('is gone on from at the deployment that made it', async () => {
    const first = await made();
    const others = [];
    for (let index = 0; index < 6; index += 1) others.push(await made({ previous_response_id: first.id }));
    expect(others.map(({ status }) => status)).toEqual(others.map(() => 200));
    expect(new Set(others.map(({ deployment }) => deployment))).toEqual(new Set([first.deployment]));
  });

  test('is shown, listed, cancelled and deleted there, free, under the name that was asked for', async () => {
    const { id, deployment } = await made();
    for (const [method, below, type] of [
      ['GET', '', 'aget_responses'],
      ['GET', '/input_items?limit=2&api-key=no', 'alist_input_items'],
      ['POST', '/cancel', 'acancel_responses'],
      ['DELETE', '', 'adelete_responses'],
    ] as const) {
      await parts.llamaSwap.next({
        status: 200,
        body: { id, object: 'response', model: 'own', deleted: true },
      });
      const answer = await byId(id + below, method);
      expect([answer.status, answer.json]).toMatchObject([200, { id, model: 'kept' }]);
      const { url, method: sent } = await parts.llamaSwap.lastRequest();
      expect([sent, url]).toEqual([method, `/v1/responses/${id}${below.replace('&api-key=no', '')}`]);
      const row = await parts.gateway.row(answer.headers['x-litellm-call-id'] ?? '');
      expect(row).toMatchObject({ call_type: type, model_id: deployment, spend: 0, total_tokens: 0 });
    }
  });

  test('is its owner’s alone', async () => {
    const { id } = await made();
    const stranger = await parts.gateway.key({});
    const before = (await parts.llamaSwap.totals()).requests;
    for (const [path, method] of [
      [id, 'GET'],
      [id, 'DELETE'],
      [`${id}/input_items`, 'GET'],
      [`${id}/cancel`, 'POST'],
    ] as const) {
      expect((await byId(path, method, stranger)).status).toBe(404);
    }
    const followed = await parts.gateway.http.ask('/v1/responses', {
      key: stranger,
      body: { model: 'kept', input: 'x', previous_response_id: id },
    });
    expect([followed.status, followed.json?.error?.code]).toEqual([400, 'previous_response_not_found']);
    expect((await parts.llamaSwap.totals()).requests).toBe(before);
  });

  test('stays with its key when that gets another credential', async () => {
    const own = await parts.gateway.key({});
    const body = { model: 'kept', input: 'x' };
    const { json } = await parts.gateway.http.ask('/v1/responses', { key: own, body });
    const renewed = await parts.gateway.http.ask('/key/regenerate', { key: MASTER_KEY, body: { key: own } });
    const { key: next } = renewed.json as { key?: string };
    const previous_response_id = stringOf(json?.id);
    const followed = { key: next ?? '', body: { ...body, previous_response_id } };
    expect((await parts.gateway.http.ask('/v1/responses', followed)).status).toBe(200);
  });

  test('is not streamed again, and the refusal says so', async () => {
    const { id } = await made();
    const answer = await byId(`${id}?stream=true`);
    expect([answer.status, answer.json?.error?.param]).toEqual([400, 'stream']);
  });

  test('that is nobody’s, or that its backend does not keep, is not found', async () => {
    expect((await byId('resp_nobodys')).status).toBe(404);
    const answer = await byId((await made()).id);
    expect([answer.status, answer.json?.error?.message]).toEqual([
      404,
      'The backend that made this response does not keep it, or no longer.',
    ]);
  });
});
