import { describe, expect, test } from '@jest/globals';
import { at, clientOf, json } from '../../test/client.js';
import { startLlamaSwap } from '../llama-swap.js';

const MODEL = 'qwen3-30b-a3b';
const client = clientOf(startLlamaSwap);

const running = async () => at(json(await client.send('/running')), 'running') as object[];

describe('unloading', () => {
  test.each([
    ['GET', '/unload', 'OK'],
    ['POST', '/api/models/unload', '{"msg":"ok"}'],
    ['POST', `/api/models/unload/${MODEL}`, 'OK'],
  ])('%s %s stops the model', async (method, path, body) => {
    await client.chat(MODEL, 'hi');
    expect(await running()).toHaveLength(1);
    expect((await client.send(path, { method })).text).toBe(body);
    expect(await running()).toEqual([]);
  });

  test('one model leaves the others alone', async () => {
    await client.chat(MODEL, 'hi');
    await client.chat('gemma3-27b', 'hi');
    await client.send(`/api/models/unload/${MODEL}`, { method: 'POST' });
    expect(await running()).toMatchObject([{ model: 'gemma3-27b', state: 'ready' }]);
  });

  test('a model that does not exist is a 404', async () => {
    expect((await client.send('/api/models/unload/nobody', { method: 'POST' })).status).toBe(404);
  });
});

describe('what llama-swap says of itself', () => {
  test('/running exposes commands and addresses, which must never reach clients', async () => {
    await client.chat(MODEL, 'hi');
    const [process] = await running();
    expect([at(process, 'cmd'), at(process, 'proxy')]).toEqual([
      expect.stringContaining('Qwen3-30B-A3B-Q4_K_M.gguf'),
      'http://127.0.0.1:5800',
    ]);
  });

  test.each(['/health', '/wol-health'])('%s says OK whatever the models do', async (path) => {
    expect((await client.send(path)).text).toBe('OK');
  });

  test('the front page is the user interface', async () => {
    const front = await client.send('/');
    expect([front.status, front.headers.get('location')]).toEqual([302, '/ui']);
    expect((await client.send('/ui')).headers.get('content-type')).toBe('text/html; charset=utf-8');
  });

  test('metrics are of the system only', async () => {
    expect((await client.send('/metrics')).text).toContain('llamaswap_cpu_util_percent');
  });

  test.each(['/logs', '/logs/stream/proxy'])('%s is text', async (path) => {
    expect((await client.send(path)).headers.get('content-type')).toMatch(/^text\/plain/);
  });

  test('the version is the generation of the settings', async () => {
    await client.settings({ generation: 'latest' });
    expect(at(json(await client.send('/api/version')), 'version')).toBe('latest');
  });

  test('the model list echoes the origin that asks', async () => {
    const reply = await client.send('/v1/models', { headers: { origin: 'https://a.example' } });
    expect(reply.headers.get('access-control-allow-origin')).toBe('https://a.example');
  });
});
