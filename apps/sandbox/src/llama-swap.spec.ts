import { describe, expect, test } from '@jest/globals';
import { at, clientOf, events, json, said, until } from '../test/client.js';
import { startLlamaSwap } from './llama-swap.js';

const MODEL = 'qwen3-30b-a3b';
const client = clientOf(startLlamaSwap);

const models = async () => at(json(await client.send('/v1/models')), 'data') as object[];

describe('/v1/models', () => {
  test('lists the seven models by name, with what they can do', async () => {
    const listed = await models();
    expect(listed.map((model) => at(model, 'id'))).toEqual([
      'bge-m3',
      'bge-reranker-v2-m3',
      'gemma3-27b',
      'gpt-oss-120b',
      'qwen2.5-14b-instruct',
      'qwen3-30b-a3b',
      'qwen3-30b-a3b-q8-abl',
    ]);
    expect(listed[2]).toMatchObject({
      capabilities: { vision: true, function_calling: true },
      architecture: { modality: 'text+image->text' },
      meta: { llamaswap: { type: 'model' } },
      status: { value: 'unloaded' },
    });
    expect(at(listed[1], 'capabilities')).toEqual({ reranker: true });
  });

  test('calls a model created at the time of the call', async () => {
    const created = at((await models())[0], 'created') as number;
    expect(Math.abs(created - Date.now() / 1000)).toBeLessThan(2);
  });

  test('says which model is loaded', async () => {
    await client.chat(MODEL, 'hi');
    const loaded = (await models()).filter((model) => at(model, 'status.value') === 'loaded');
    expect(loaded.map((model) => at(model, 'id'))).toEqual([MODEL]);
  });

  test('of an old build has neither status nor capabilities', async () => {
    await client.settings({ generation: 'v217' });
    expect(Object.keys((await models())[0] ?? {})).toEqual(['id', 'object', 'created', 'owned_by', 'name']);
  });

  test('lists extra models of the settings, and they answer', async () => {
    await client.settings({ extraModels: ['my-model'] });
    expect((await models()).map((model) => at(model, 'id'))).toContain('my-model');
    expect((await client.chat('my-model', 'hi')).status).toBe(200);
  });
});

describe('a request for no model that there is', () => {
  test.each(['{}', '{"model":""}', '{"model":7}', 'not json'])('%s is not found', async (body) => {
    expect((await client.post('/v1/chat/completions', body)).status).toBe(404);
  });

  test('is a bad request in an old build', async () => {
    await client.settings({ generation: 'v217' });
    expect((await client.chat('nobody', 'hi')).status).toBe(400);
  });

  test.each([
    ['GET', '/v1/models/qwen3-30b-a3b'],
    ['POST', '/v1/audio/translations'],
    ['POST', '/v1/moderations'],
    ['GET', '/v1/chat/completions'],
  ])("%s %s is Go's plain 404", async (method, path) => {
    const reply = await client.send(path, { method });
    expect([reply.status, reply.text]).toEqual([404, '404 page not found\n']);
  });

  test("a route that llama.cpp does not have is llama.cpp's 404", async () => {
    const reply = await client.post('/v1/audio/speech', { model: MODEL, input: 'x' });
    expect([reply.status, at(json(reply), 'error.message')]).toEqual([404, 'File Not Found']);
  });
});

describe('keys', () => {
  const authorised = (headers: Record<string, string>) => client.send('/v1/models', { headers });
  const basic = Buffer.from('anyone:secret').toString('base64');

  test.each([
    [{ authorization: 'Bearer secret' }, 200],
    [{ 'x-api-key': 'secret' }, 200],
    [{ authorization: `Basic ${basic}` }, 200],
    [{ authorization: 'Bearer wrong' }, 401],
    [{}, 401],
  ])('%j gets %d', async (headers, status) => {
    await client.settings({ requireKey: 'secret' });
    expect((await authorised(headers)).status).toBe(status);
  });

  test('are not asked for by /health, nor by OPTIONS', async () => {
    await client.settings({ requireKey: 'secret' });
    expect((await client.send('/health')).text).toBe('OK');
    const options = await client.send('/v1/chat/completions', { method: 'OPTIONS' });
    expect([options.status, options.headers.get('access-control-max-age')]).toEqual([204, '86400']);
  });
});

describe('/upstream/{model}', () => {
  test('reaches the server behind the model', async () => {
    const reply = json(await client.send(`/upstream/${MODEL}/props`));
    expect(at(reply, 'default_generation_settings.n_ctx')).toBe(32768);
    const listed = json(await client.send(`/upstream/${MODEL}/v1/models`));
    expect(at(listed, 'data.0.owned_by')).toBe('llamacpp');
  });

  test('chats without a model in the body', async () => {
    const body = { messages: [{ role: 'user', content: 'echo:hi' }] };
    const reply = await client.post(`/upstream/${MODEL}/v1/chat/completions`, body);
    expect(at(json(reply), 'choices.0.message.content')).toBe('hi');
  });

  test('finds model names with a slash', async () => {
    await client.settings({ extraModels: ['team/model'] });
    expect((await client.send('/upstream/team/model/health')).text).toBe('{"status":"ok"}');
  });

  test('redirects a bare name to its folder', async () => {
    const get = await client.send(`/upstream/${MODEL}`);
    expect([get.status, get.headers.get('location')]).toEqual([301, `/upstream/${MODEL}/`]);
    expect((await client.send(`/upstream/${MODEL}`, { method: 'POST' })).status).toBe(308);
  });

  test('does not know unknown models', async () => {
    expect((await client.send('/upstream/nobody/props')).status).toBe(404);
  });
});

test('/v/… loses its prefix on the way', async () => {
  const body = { model: MODEL, messages: [{ role: 'user', content: 'echo:hi' }] };
  const reply = await client.post('/v/chat/completions', body);
  expect(at(json(reply), 'choices.0.message.content')).toBe('hi');
});

test('/tokenize gives a number a token', async () => {
  const reply = json(await client.post(`/upstream/${MODEL}/tokenize`, { content: 'one two' }));
  expect(at(reply, 'tokens')).toHaveLength(2);
});

describe('a model that has to be loaded', () => {
  const SLOW = { loadMs: 300 };

  test('keeps its caller waiting without a byte', async () => {
    await client.settings(SLOW);
    const before = performance.now();
    const reply = await client.chat(MODEL, 'hi');
    expect([reply.status, performance.now() - before >= 298]).toEqual([200, true]);
    const again = performance.now();
    await client.chat(MODEL, 'hi');
    expect(performance.now() - again).toBeLessThan(250);
  });

  test('shows in /running, and gives way to the next one', async () => {
    await client.settings(SLOW);
    const first = client.chat(MODEL, 'hi');
    await until(async () => {
      const processes = at(json(await client.send('/running')), 'running') as object[];
      return at(processes[0], 'state') === 'starting' ? true : undefined;
    });
    await first;
    await client.chat('gemma3-27b', 'hi');
    const processes = at(json(await client.send('/running')), 'running');
    expect(processes).toMatchObject([{ model: 'gemma3-27b', state: 'ready' }]);
  });

  test('shows loading chunks without role, id or index when told so, then the real stream', async () => {
    await client.settings({ ...SLOW, sendLoadingState: true });
    const reply = await client.chat(MODEL, 'echo:hi', { stream: true });
    const [first] = events(reply.text);
    expect(first).toEqual({ choices: [{ delta: { reasoning_content: '━━━━━' } }] });
    expect(said(reply.text)).toBe('hi');
    expect(reply.text.endsWith('data: [DONE]\n\n')).toBe(true);
  });

  test('shows no loading chunks to those who do not stream', async () => {
    await client.settings({ ...SLOW, sendLoadingState: true });
    expect((await client.chat(MODEL, 'hi')).text.startsWith('{"choices"')).toBe(true);
  });

  test('that fails to start answers 500', async () => {
    await client.settings({ ...SLOW, failStart: [MODEL] });
    const reply = await client.chat(MODEL, 'hi');
    expect([reply.status, json(reply)]).toEqual([500, { src: 'llama-swap', error: expect.any(String) }]);
  });

  test('that fails to start after loading chunks appends its error without any framing', async () => {
    await client.settings({ ...SLOW, failStart: [MODEL], sendLoadingState: true });
    const reply = await client.chat(MODEL, 'hi', { stream: true });
    expect([reply.status, reply.text.endsWith('}')]).toEqual([200, true]);
    expect(reply.text).toMatch(/\n\n\{"src":"llama-swap","error":"[^"]+"\}$/);
  });

  test('breaks the streams under way when it is unloaded', async () => {
    await client.settings({ decodeMsPerToken: 50 });
    const body = JSON.stringify({ model: MODEL, stream: true, messages: [{ role: 'user', content: 'hi' }] });
    const broken = client.raw('/v1/chat/completions', body, (text) => {
      if (text.includes('data: ')) void client.send('/unload');
    });
    expect((await broken).text).not.toContain('[DONE]');
  });
});

test('beyond its limit a model answers 429 and asks for a second', async () => {
  await client.settings({ concurrencyLimit: 1, decodeMsPerToken: 10 });
  const slow = client.chat(MODEL, 'hi');
  await until(async () =>
    at(json(await client.send('/__sandbox/open')), 'inProgress') === 1 ? true : undefined,
  );
  const refused = await client.chat(MODEL, 'hi');
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '1']);
  expect((await slow).status).toBe(200);
});

test('the event stream tells the states of the models on connect', async () => {
  const leaving = new AbortController();
  const response = await fetch(`${client.standIn.url}/api/events`, { signal: leaving.signal });
  const reader = response.body?.getReader();
  let text = '';
  while (!text.includes('modelStatus'))
    text += Buffer.from((await reader?.read())?.value ?? []).toString('utf8');
  leaving.abort();
  expect(text).toMatch(/^event:message\ndata:\{"type":"logData","data":"/);
});
