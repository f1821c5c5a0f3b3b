import { createServer, type Server, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import { type AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { type ConfigStore } from '@app/config';
import { UpstreamClient } from '@app/upstream';
import { aCall } from '@testing/call';
import { aConfigStore, aModelEntry, anAppConfig } from '@testing/config';
import { ModelDiscovery } from './model-discovery.js';
import { RoutingService } from './routing.service.js';
import { NO_LABELS } from './testing.js';

type Answer = (res: ServerResponse) => void;

const listing =
  (...ids: string[]): Answer =>
  (res) =>
    res.end(JSON.stringify({ object: 'list', data: ids.map((id) => ({ id, created: Date.now() })) }));
const failure: Answer = (res) => res.writeHead(500).end('no');

let server: Server;
let apiBase: string;
let answer: Answer;
let asked: string[];
let complaints: string[];
let upstream: UpstreamClient;
let running: ModelDiscovery[];

beforeEach(async () => {
  complaints = [];
  jest
    .spyOn(Logger.prototype, 'warn')
    .mockImplementation((text: unknown) => void complaints.push(String(text)));
  jest.spyOn(Logger.prototype, 'log').mockReturnValue(undefined);
  asked = [];
  running = [];
  answer = listing('qwen3');
  server = createServer((req, res) => {
    asked.push(`${req.method} ${req.url}`);
    answer(res);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  apiBase = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  upstream = new UpstreamClient(true);
});

afterEach(async () => {
  for (const discovery of running) discovery.onApplicationShutdown();
  await upstream.onApplicationShutdown();
  server.closeAllConnections();
  server.close();
  jest.restoreAllMocks();
});

const anything = () => aModelEntry({ modelName: '*', model: 'openai/*', apiBase, modelInfo: { id: 'any' } });

function start(store: ConfigStore, intervalMs = 20): { routing: RoutingService; discovery: ModelDiscovery } {
  const routing = new RoutingService(store, NO_LABELS, Math.random);
  const discovery = new ModelDiscovery(routing, upstream, store, intervalMs);
  running.push(discovery);
  discovery.onApplicationBootstrap();
  return { routing, discovery };
}

const namesOf = ({ table }: RoutingService): string[] => [...table.listed.keys()];

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

describe('discovery', () => {
  test('lists the upstream’s models after the first round, with one GET of its list and nothing else', async () => {
    const { routing, discovery } = start(aConfigStore({ models: [anything()] }), 60_000);
    await discovery.whenDiscovered();
    expect(namesOf(routing)).toEqual(['qwen3']);
    expect(asked).toEqual(['GET /v1/models']);
  });

  test('a model that comes or goes is seen with a later round', async () => {
    const { routing, discovery } = start(aConfigStore({ models: [anything()] }));
    await discovery.whenDiscovered();
    answer = listing('gemma3', 'qwen3');
    await until(() => namesOf(routing).length === 2);
    answer = listing('gemma3');
    await until(() => namesOf(routing).length === 1);
    expect(namesOf(routing)).toEqual(['gemma3']);
  });

  test('the table stays the same object while the upstream says the same', async () => {
    const { routing, discovery } = start(aConfigStore({ models: [anything()] }));
    await discovery.whenDiscovered();
    const { table } = routing;
    await until(() => asked.length > 4);
    expect(routing.table).toBe(table);
  });

  test.each([
    ['fails', failure],
    ['answers with something else', ((res) => res.end('{"hello":1}')) satisfies Answer],
    ['answers with garbage', ((res) => res.end('<html>')) satisfies Answer],
    ['hangs up', ((res) => res.destroy()) satisfies Answer],
  ])('the last good list stays when the upstream %s', async (_, broken) => {
    const { routing, discovery } = start(aConfigStore({ models: [anything()] }));
    await discovery.whenDiscovered();
    answer = broken;
    const before = asked.length;
    await until(() => asked.length > before + 2);
    expect(namesOf(routing)).toEqual(['qwen3']);
  });

  test('an upstream that is silent is complained of once, not in each round', async () => {
    answer = failure;
    const { discovery } = start(aConfigStore({ models: [anything()] }));
    await discovery.whenDiscovered();
    await until(() => asked.length > 4);
    expect(complaints.filter((text) => text.includes('does not list'))).toHaveLength(1);
  });

  test('an upstream that starts later than the gateway is asked again soon', async () => {
    answer = failure;
    const { routing, discovery } = start(aConfigStore({ models: [anything()] }), 60_000);
    await discovery.whenDiscovered();
    answer = listing('qwen3');
    await until(() => namesOf(routing).length === 1);
    expect(asked.length).toBe(2);
  });

  test('planning does not wait for an upstream that never answers its list', () => {
    answer = () => undefined;
    const { routing } = start(aConfigStore({ models: [anything()] }));
    expect(routing.plan(aCall({ model: 'qwen3' }))[0]?.upstreamModel).toBe('qwen3');
  });

  test('a new configuration is asked about at once', async () => {
    const store = aConfigStore({ models: [aModelEntry({ apiBase })] });
    const { routing, discovery } = start(store, 60_000);
    await discovery.whenDiscovered();
    expect(asked).toEqual([]);
    store.replace(anAppConfig({ models: [anything()] }));
    await until(() => namesOf(routing).length === 1);
  });

  test('what an address had is forgotten with the last entry that leads there', async () => {
    const store = aConfigStore({ models: [anything()] });
    const { discovery } = start(store, 60_000);
    await discovery.whenDiscovered();
    store.replace(anAppConfig());
    await until(() => discovery.catalogue.size === 0);
  });

  test('which models are loaded is known, and changes no table', async () => {
    answer = (res) => res.end(JSON.stringify({ data: [{ id: 'qwen3', status: { value: 'unloaded' } }] }));
    const { routing, discovery } = start(aConfigStore({ models: [anything()] }));
    await discovery.whenDiscovered();
    const { table } = routing;
    answer = (res) => res.end(JSON.stringify({ data: [{ id: 'qwen3', status: { value: 'loaded' } }] }));
    await until(() => discovery.catalogue.get(apiBase)?.get('qwen3')?.status === 'loaded');
    expect(routing.table).toBe(table);
  });

  test('after the shutdown nobody is asked any more', async () => {
    const { discovery } = start(aConfigStore({ models: [anything()] }), 5);
    await discovery.whenDiscovered();
    discovery.onApplicationShutdown();
    await new Promise((resolve) => setTimeout(resolve, 30));
    const before = asked.length;
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(asked.length).toBe(before);
  });
});
