import Anthropic from '@anthropic-ai/sdk';
import { afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import OpenAI from 'openai';
import {
  type Answer,
  dataOf,
  deployment,
  type Gateway,
  type Json,
  pause,
  stringOf,
  until,
} from './harness.ts';
import { configText } from './harness/gateway-config.ts';
import { suite } from './harness/suite.ts';

const changes = (params: object) => ({
  models: [
    deployment('gpt-4', 'qwen3-30b-a3b'),
    deployment('gone', 'fault/rst-0'),
    deployment('embed', 'bge-m3'),
    deployment('*', '*'),
  ],
  router: { fallbacks: [{ gone: ['gpt-4'] }] },
  litellm: { cache: true, cache_params: params },
});
const parts = suite(changes({ type: 'local' }));
const gateways: { local?: Gateway; postgres?: Gateway } = {};
const keys = { one: '', other: '', mate: '' };

beforeAll(async () => {
  gateways.local = parts.gateway;
  gateways.postgres = await parts.another({
    name: 'postgres',
    config: configText(changes({ type: 'postgres', shared_by: 'team' })),
  });
  const team = await parts.gateway.ask('/team/new', { body: { team_alias: 'mates' } });
  keys.one = await parts.gateway.key({ team_id: team.json?.team_id });
  keys.mate = await parts.gateway.key({ team_id: team.json?.team_id });
  keys.other = await parts.gateway.key({});
}, 60_000);

afterEach(() => parts.llamaSwap.reset({ settings: true }));

const STORES = ['local', 'postgres'] as const;
const at = (store: (typeof STORES)[number]): Gateway => gateways[store] ?? parts.gateway;

let asked = 0;
/** A question that nobody has asked yet. */
const question = (): { messages: object[] } => ({
  messages: [{ role: 'user', content: `echo:answer number ${(asked += 1)}` }],
});
/** Of a model: listing them and asking what is loaded does not count. */
const calls = async (): Promise<number> =>
  (await parts.llamaSwap.truth()).filter(({ model }) => model !== null).length;
const chat = (gateway: Gateway, body: object, key = keys.one, headers = {}): Promise<Answer> =>
  gateway.chat(body, { key, headers });

/** Asks, asks again as `then` says, and tells how often the upstream was asked. */
async function twice(
  body: object,
  then: object = body,
  key = keys.one,
  gateway = parts.gateway,
): Promise<number> {
  const before = await calls();
  await chat(gateway, body);
  await chat(gateway, then, key);
  return (await calls()) - before;
}

describe.each(STORES)('answers kept in %s', (store) => {
  test('come again without the upstream, free, with the row saying so', async () => {
    const body = question();
    const first = await chat(at(store), body);
    const again = await until('the answer is kept', async () => {
      const answer = await chat(at(store), body);
      return (await calls()) === 1 && answer;
    });
    expect([again.status, again.text]).toEqual([200, first.text]);
    expect(again.headers).toMatchObject({
      'content-type': first.headers['content-type'],
      'x-litellm-response-cost': '0',
      'x-litellm-cache-key': first.headers['x-litellm-cache-key'],
      'x-litellm-model-id': first.headers['x-litellm-model-id'],
    });
    expect(first.headers['x-litellm-cache-key']).toMatch(/^[0-9a-f]{64}$/);
    const rows = [first, again].map((answer) => at(store).row(String(answer.headers['x-litellm-call-id'])));
    const [made, reused] = await Promise.all(rows);
    const cache_key = first.headers['x-litellm-cache-key'];
    expect(made).toMatchObject({ cache_hit: 'False', cache_key });
    expect(Number(made?.spend)).toBeGreaterThan(0);
    expect(reused).toMatchObject({
      cache_hit: 'True',
      cache_key,
      spend: 0,
      status: 'success',
      model: 'qwen3-30b-a3b',
      prompt_tokens: made?.prompt_tokens,
      completion_tokens: made?.completion_tokens,
      metadata: { attempts: 0 },
    });
    expect(stringOf(reused?.request_id)).toMatch(new RegExp(`^${stringOf(made?.request_id)}_cache_hit\\d+$`));
  });

  test('go upstream once for twenty who ask at once, streamed or not', async () => {
    for (const stream of [false, true]) {
      await parts.llamaSwap.reset();
      await parts.llamaSwap.settings({ decodeMsPerToken: 25 });
      const body = { ...question(), stream };
      const answers = await Promise.all(Array.from({ length: 20 }, () => chat(at(store), body)));
      expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
      expect(answers[0]?.status).toBe(200);
      expect(await calls()).toBe(1);
    }
  });

  test('never come to another key, nor for another question', async () => {
    const gateway = at(store);
    const body = { ...question(), temperature: 0 };
    expect(await twice(body, body, keys.other, gateway)).toBe(2);
    // In PostgreSQL the keys of a team share.
    expect(await twice(body, body, keys.mate, gateway)).toBe(store === 'local' ? 1 : 0);
    for (const other of [
      { ...body, temperature: 0.5 },
      { ...body, messages: [{ role: 'system', content: 'Be brief.' }, ...body.messages] },
      { ...body, tools: [{ type: 'function', function: { name: 'a', parameters: {} } }] },
      { ...body, response_format: { type: 'json_object' } },
      { ...body, model: 'qwen3-30b-a3b' },
      { ...body, seed: 9007199254740993n },
      { ...body, stream: true },
      { ...body, stream: true, stream_options: { include_usage: true } },
    ]) {
      const before = await calls();
      await gateway.ask('/v1/chat/completions', {
        key: keys.one,
        body: asText({ model: 'gpt-4', ...other }),
      });
      expect((await calls()) - before).toBe(1);
    }
    const near = { ...body, model: 'gpt-4', seed: 9007199254740992n };
    const before = await calls();
    await gateway.ask('/v1/chat/completions', { key: keys.one, body: asText(near) });
    expect((await calls()) - before).toBe(1);
  });
});

/** JSON with numbers that JavaScript cannot hold. */
const asText = (value: object): string =>
  JSON.stringify(value, (_, member: unknown) =>
    typeof member === 'bigint' ? `#${member}#` : member,
  ).replace(/"#(\d+)#"/g, '$1');

describe('a kept stream', () => {
  test('is read by the SDKs as if the model spoke', async () => {
    const client = new OpenAI({ baseURL: `${parts.gateway.url}/v1`, apiKey: keys.one, maxRetries: 0 });
    const read = async (): Promise<string> => {
      const stream = await client.chat.completions.create({
        model: 'gpt-4',
        stream: true,
        messages: [{ role: 'user', content: 'echo:the same words' }],
      });
      let text = '';
      for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? '';
      return text;
    };
    expect([await read(), await read(), await calls()]).toEqual(['the same words', 'the same words', 1]);
  });

  test('of messages and responses likewise, and another version of the protocol is another answer', async () => {
    const anthropic = new Anthropic({ baseURL: parts.gateway.url, apiKey: keys.one, maxRetries: 0 });
    const message = {
      model: 'gpt-4',
      max_tokens: 50,
      messages: [{ role: 'user' as const, content: 'echo:hi' }],
    };
    const said = async (): Promise<unknown> =>
      (await anthropic.messages.stream(message).finalMessage()).content;
    expect(await said()).toEqual(await said());
    expect(await calls()).toBe(1);
    await anthropic.messages.create(
      { ...message, stream: true },
      { headers: { 'anthropic-beta': 'x-2026' } },
    );
    expect(await calls()).toBe(2);
    const openai = new OpenAI({ baseURL: `${parts.gateway.url}/v1`, apiKey: keys.one, maxRetries: 0 });
    const respond = async (): Promise<string> =>
      (await openai.responses.stream({ model: 'gpt-4', input: 'echo:hi' }).finalResponse()).output_text;
    expect([await respond(), await respond(), await calls()]).toEqual(['hi', 'hi', 3]);
  });

  test('vectors are kept too', async () => {
    const embed = (): Promise<Answer> =>
      parts.gateway.ask('/v1/embeddings', { key: keys.one, body: { model: 'embed', input: 'a text' } });
    const [first, again] = [await embed(), await embed()];
    expect([again.status, again.text, await calls()]).toEqual([200, first.text, 1]);
  });
});

describe('what is not kept', () => {
  test('errors, streams that break off, answers of a fallback', async () => {
    for (const [model, stream] of [
      ['fault/500', false],
      ['fault/rst-2', true],
      ['gone', false],
    ] as const) {
      await parts.llamaSwap.reset();
      const body = { ...question(), model, stream };
      const first = await chat(parts.gateway, body).catch(() => null);
      const before = await calls();
      await chat(parts.gateway, body).catch(() => null);
      expect([model, (await calls()) - before]).toEqual([model, before]);
      if (model === 'gone') expect(first?.status).toBe(200);
    }
  });

  test('a leader that leaves: the next in line asks anew, and nobody notices', async () => {
    await parts.llamaSwap.settings({ decodeMsPerToken: 50 });
    const body = { ...question(), stream: true };
    const leaving = new AbortController();
    const leader = parts.gateway.http
      .open('/v1/chat/completions', {
        key: keys.one,
        body: { model: 'gpt-4', ...body },
        signal: leaving.signal,
      })
      .then(({ body: answer }) => answer.text())
      .catch(() => 'left');
    await until('the leader is upstream', async () => (await parts.llamaSwap.open()).inProgress === 1);
    const followers = Array.from({ length: 5 }, () => chat(parts.gateway, body));
    await pause(100);
    leaving.abort();
    expect(await leader).toBe('left');
    const answers = await Promise.all(followers);
    expect(new Set(answers.map(({ status, text }) => `${status} ${dataOf(text).at(-1)}`))).toEqual(
      new Set(['200 [DONE]']),
    );
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expect(await calls()).toBe(2);
  });
});

describe('the controls of a request', () => {
  test.each<[string, object, object, number]>([
    ['no-cache does not read', {}, { cache: { 'no-cache': true } }, 2],
    ['no-store does not write', { cache: { 'no-store': true } }, {}, 2],
    ['caching: false does neither', { caching: false }, { caching: false }, 2],
    ['another namespace is another answer', {}, { cache: { namespace: 'mine' } }, 2],
    ['the same namespace', { cache: { namespace: 'mine' } }, { cache: { namespace: 'mine' } }, 1],
    ['s-maxage 0 accepts nothing that was there', {}, { cache: { 's-maxage': 0 } }, 2],
    ['s-max-age of an hour accepts it', {}, { cache: { 's-max-age': 3600 } }, 1],
    ['ttl 0 keeps nothing', { cache: { ttl: 0 } }, {}, 2],
    ['fields for the gateway change nothing', { tags: ['a'] }, { tags: ['b'], metadata: { x: 1 } }, 1],
  ])('%s', async (_, first, then, expected) => {
    const body = question();
    await chat(parts.gateway, { ...body, ...first });
    await pause(5);
    await chat(parts.gateway, { ...body, ...then });
    expect(await calls()).toBe(expected);
  });

  test('a ttl ends, of the body or of Cache-Control', async () => {
    for (const [fields, headers] of [
      [{ cache: { ttl: 0.3 } }, {}],
      [{}, { 'cache-control': 's-maxage=1' }],
    ]) {
      await parts.llamaSwap.reset();
      const body = { ...question(), ...fields };
      const ask = () => chat(parts.gateway, body, keys.one, headers);
      await ask();
      await ask();
      expect(await calls()).toBe(1);
      await until('it has expired', async () => {
        await ask();
        return (await calls()) === 2;
      });
    }
  });

  test.each<[string, unknown]>([
    ['text', 'yes'],
    ['ttl', { ttl: -1 }],
    ['ttl', { ttl: 'long' }],
    ['no-cache', { 'no-cache': 'maybe' }],
    ['namespace', { namespace: 7 }],
  ])('a control that makes no sense is refused: %s', async (_, cache) => {
    const { status, json } = await chat(parts.gateway, { ...question(), cache });
    expect([status, (json?.error as Json).param]).toEqual([400, 'cache']);
  });
});
