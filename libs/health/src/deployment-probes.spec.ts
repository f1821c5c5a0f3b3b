import { createServer, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type Deployment } from '@app/call';
import { UpstreamClient } from '@app/upstream';
import { aDeployment } from '@testing/call';
import { deepHealthView, DeploymentProbes, narrowed } from './deployment-probes.js';

let server: Server;
let origin: string;
let asked: string[];
let answer: { status: number; body: string };
let client: UpstreamClient;

beforeEach(async () => {
  asked = [];
  answer = { status: 200, body: '{"data":[{"id":"qwen"}]}' };
  server = createServer((req, res) => {
    asked.push(`${req.method ?? ''} ${req.url ?? ''}`);
    res.writeHead(answer.status, { 'content-type': 'application/json' }).end(answer.body);
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  client = new UpstreamClient(true);
});

afterEach(async () => {
  await client.onApplicationShutdown();
  await new Promise((resolve) => server.close(resolve));
});

function probesOf(...deployments: Deployment[]): DeploymentProbes {
  const groups = new Map(deployments.map((one, at) => [`${at}`, { deployments: [one] }]));
  return Object.assign(new DeploymentProbes(), { routing: { table: { groups } }, upstream: client });
}

const at = (changes: Partial<Deployment> = {}): Deployment =>
  aDeployment({ origin, upstreamModel: 'qwen', ...changes });

describe('asking every deployment', () => {
  test('only lists models: nothing is loaded, nothing is paid', async () => {
    await probesOf(at()).check();
    expect(asked).toEqual(['GET /v1/models']);
  });

  test('asks an upstream once, however many deployments it has', async () => {
    const { healthy } = await probesOf(at(), at({ id: 'b' }), at({ id: 'c' })).check();
    expect([healthy.length, asked.length]).toEqual([3, 1]);
  });

  test('asks again only after a minute', async () => {
    const probes = probesOf(at());
    await Promise.all([probes.check(), probes.check()]);
    await probes.check();
    expect(asked).toHaveLength(1);
  });

  test('a model that the upstream does not list is not well', async () => {
    const { unhealthy } = await probesOf(at({ upstreamModel: 'gone' })).check();
    expect(unhealthy).toMatchObject([{ model: 'openai/gone', error: 'The upstream does not list gone.' }]);
  });

  test('an upstream without such a list is well as long as it answers', async () => {
    answer = { status: 404, body: '{}' };
    expect((await probesOf(at()).check()).healthy).toHaveLength(1);
  });

  test('an upstream that fails is not, and the answer says how', async () => {
    answer = { status: 503, body: '{"error":{"message":"overloaded"}}' };
    expect((await probesOf(at()).check()).unhealthy).toMatchObject([{ error: 'overloaded' }]);
  });

  test('one that is not there is not well, the others are', async () => {
    const view = deepHealthView(await probesOf(at(), at({ id: 'b', origin: 'http://127.0.0.1:9' })).check());
    expect(view).toMatchObject({ healthy_count: 1, unhealthy_count: 1 });
  });

  test('shows no credential', async () => {
    const view = deepHealthView(await probesOf(at({ extraHeaders: { 'x-key': 'sk-canary' } })).check());
    expect(JSON.stringify(view)).not.toContain('canary');
  });

  test('keeps what came before', async () => {
    const probes = probesOf(at());
    await probes.check();
    expect(probes.history).toHaveLength(1);
  });
});

describe('a part of it', () => {
  test('is one model', async () => {
    const health = await probesOf(at({ modelGroup: 'a' }), at({ id: 'b', modelGroup: 'b' })).check();
    expect(narrowed(health, 'b', null).healthy).toMatchObject([{ model_id: 'b' }]);
  });

  test('a deployment that is not there is 404', async () => {
    const health = await probesOf(at()).check();
    expect(() => narrowed(health, null, 'nowhere')).toThrow('There is no deployment with model_id nowhere.');
  });
});
