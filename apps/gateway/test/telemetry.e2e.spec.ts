import { join } from 'node:path';
import { afterAll, describe, expect } from '@jest/globals';
import {
  Child,
  HttpClient,
  type Json,
  listOf,
  MASTER_KEY,
  ROOT,
  stringOf,
  until,
  UPSTREAM_KEY,
} from './harness.ts';
import { suite, test } from './harness/suite.ts';
import { filesIn, tablesIn, tracesAt } from './harness/artefacts.ts';
import { type Artefact, type Canary, found } from './harness/canaries.ts';
import { Visitor } from './ui/browsing.ts';

const LANGFUSE_SECRET = 'sk-lf-canary-0123456789';
const PROMPT = 'prompt-canary-31415926';
const STORED = 'sk-stored-canary-16180339';
const READ = [
  '/health',
  '/health/history',
  '/health/readiness',
  '/model/info',
  '/key/list?return_full_object=true',
];
const TRACE = '0af7651916cd43dd8448eb211c80319c';
const PARENT = 'b7ad6b7169203331';
const SEARCHED = '1bf7651916cd43dd8448eb211c80319d';
const TOOL = 'searxng-search';
/** One for each protocol: the spans of both have the same ids. */
const servers = ['langfuse', 'collector'].map(
  (name) => new Child({ name, args: [join(ROOT, 'dist/apps/sandbox/src/main.js'), 'langfuse=0'], cwd: ROOT }),
);
const [url = '', collectorUrl = ''] = await Promise.all(
  servers.map(async (server) => stringOf((JSON.parse(await server.firstLine(15_000)) as Json).langfuse)),
);
const reader = new HttpClient(url);
const collector = new HttpClient(collectorUrl);
const credentials = Buffer.from('pk:sk-otel-canary-27182818').toString('base64');

/** The stand-in takes spans of anybody. */
const parts = suite(
  {
    litellm: { callbacks: ['langfuse'] },
    general: {
      search_tools: [{ search_tool_name: TOOL, litellm_params: { search_provider: 'searxng' } }],
    },
  },
  {
    backends: ['searxng'],
    env: {
      LITELLM_LOG: 'DEBUG',
      STORE_MODEL_IN_DB: 'True',
      OTEL_EXPORTER_OTLP_ENDPOINT: `${collectorUrl}/api/public/otel`,
      OTEL_EXPORTER_OTLP_HEADERS: `authorization=Basic ${credentials.replaceAll('=', '%3D')}`,
      LANGFUSE_HOST: url,
      LANGFUSE_PUBLIC_KEY: 'pk-lf-1',
      LANGFUSE_SECRET_KEY: LANGFUSE_SECRET,
    },
  },
);

afterAll(async () => {
  await Promise.all([reader.close(), collector.close()]);
  await Promise.all(servers.map((server) => server.kill()));
});

async function spansOf(traceId: string): Promise<Json[]> {
  const { json } = await collector.ask(`/__sandbox/events?traceId=${traceId}`);
  return listOf(json?.observations);
}

const spanOf = (name: string, traceId: string): Promise<Json> =>
  until(`the span ${name} arrives`, async () =>
    (await spansOf(traceId)).find((one) => stringOf(one.name) === name),
  );

describe('OpenTelemetry', () => {
  test('the trace of the client goes on: through the gateway, to the upstream, to the collector', async () => {
    await parts.gateway.chat({}, { headers: { traceparent: `00-${TRACE}-${PARENT}-01` } });
    const [entry] = (await parts.llamaSwap.truth()).slice(-1);
    const request = await spanOf('POST /v1/chat/completions', TRACE);
    const call = await spanOf('chat qwen3-30b-a3b', TRACE);
    expect(request.parentObservationId).toBe(PARENT);
    expect(call.parentObservationId).toBe(request.id);
    expect(entry?.requestHeaders['traceparent']).toBe(`00-${TRACE}-${stringOf(request.id)}-01`);
    expect(call.attributes).toMatchObject({
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'openai',
    });
  });

  test('the turns and searches of one answer are one tree below the span of the client', async () => {
    const { status } = await parts.gateway.chat(
      {
        messages: [{ role: 'user', content: 'What is the latest news about llamas?' }],
        tools: [{ type: 'function', function: { name: TOOL } }],
      },
      { headers: { traceparent: `00-${SEARCHED}-${PARENT}-01` } },
    );
    expect(status).toBe(200);
    const spans = await until('every span arrives', async () => {
      const found = await spansOf(SEARCHED);
      return found.length >= 5 && found;
    });
    const names = new Map(spans.map((span) => [stringOf(span.id), stringOf(span.name)]));
    const below = spans.map(({ name, parentObservationId }) => {
      const parent = stringOf(parentObservationId);
      return `${names.get(parent) ?? parent} > ${stringOf(name)}`;
    });
    expect(below.sort()).toEqual([
      'POST /v1/chat/completions > chat gpt-4',
      'POST /v1/chat/completions > chat qwen3-30b-a3b',
      'POST /v1/chat/completions > execute_tool searxng/search',
      `${PARENT} > POST /v1/chat/completions`,
      'chat gpt-4 > chat qwen3-30b-a3b',
    ]);
  });
});

describe('health', () => {
  test('is cheap for everybody but the administrator', async () => {
    const { text } = await parts.gateway.http.ask('/health');
    expect(text).not.toContain('endpoints');
    const key = await parts.gateway.key();
    expect((await parts.gateway.ask('/health', { key })).text).toBe(text);
  });

  test('shows the administrator every deployment, and loads no model for it', async () => {
    const before = (await parts.llamaSwap.totals()).requests;
    const { status, json, text } = await parts.gateway.ask('/health');
    expect(status).toBe(200);
    expect(listOf(json?.healthy_endpoints).map(({ model_name }) => stringOf(model_name))).toContain('gpt-4');
    expect(text).not.toContain(UPSTREAM_KEY);
    expect((await parts.llamaSwap.truth()).slice(before).filter(({ path }) => path.includes('chat'))).toEqual(
      [],
    );
  });

  test('of services tells whether Langfuse answers; what is no service is refused by name', async () => {
    const known = await parts.gateway.ask('/health/services?service=langfuse');
    expect(known.json).toMatchObject({ status: 'success' });
    expect((await parts.gateway.ask('/health/services?service=x')).status).toBe(400);
  });

  test('keeps what was seen for the administrator alone', async () => {
    await parts.gateway.ask('/health');
    const { json } = await parts.gateway.ask('/health/history');
    expect(listOf(json?.data)[0]?.healthy_count).toBeGreaterThan(0);
    const key = await parts.gateway.key();
    const others = [
      await parts.gateway.ask('/health/history', { key }),
      await parts.gateway.http.ask('/health/history'),
    ];
    expect(others.map(({ status }) => status)).toEqual([403, 401]);
  });

  test('a deployment that is not there is 404', async () => {
    expect((await parts.gateway.ask('/health?model_id=nowhere')).status).toBe(404);
  });
});

test('metrics tell of traces, books, deployments and LiteLLM’s own families', async () => {
  await parts.gateway.chat();
  const text = await until('traces are counted', async () => {
    const { text: scraped } = await parts.gateway.http.ask('/metrics');
    return /gateway_telemetry_delivered_total\{sink="langfuse"\} [1-9]/.test(scraped) && scraped;
  });
  for (const name of [
    'litellm_proxy_total_requests_metric_total{',
    'litellm_request_total_latency_metric_bucket{',
    'litellm_deployment_state{',
    'litellm_in_flight_requests ',
    'litellm_request_queue_time_seconds_bucket{',
    'gateway_lease_pools ',
    'gateway_lease_statements_total ',
    'gateway_models_loading{',
    'nodejs_eventloop_lag_p99_seconds ',
    'gateway_shipper_lag_seconds ',
    'gateway_output_tokens_per_second_bucket{',
    'gateway_telemetry_accepted_total{sink="opentelemetry"}',
  ]) {
    expect(text).toContain(name);
  }
});

const PAGES = [
  ...[
    '',
    '/keys',
    '/keys/new',
    '/logs',
    '/usage',
    '/playground',
    '/models',
    '/models/new',
    '/users',
    '/teams',
  ],
  ...['/customers', '/budgets', '/audit', '/settings', '/live'],
].map((page) => `/ui${page}`);

/** A model of the database, calls that succeed and fail in every way, and a look at every page: what leaves traces. */
async function liveThrough(): Promise<{
  readonly key: string;
  readonly session: string;
  answers: Artefact[];
}> {
  const key = await parts.gateway.key({ key_alias: 'canary', user_id: 'canary' });
  const params = { model: 'openai/gemma3-27b', api_base: parts.llamaSwap.url, api_key: STORED };
  const messages = [{ role: 'user', content: PROMPT }];
  const asked = [
    await parts.gateway.ask('/model/new', { body: { model_name: 'stored', litellm_params: params } }),
    ...(await Promise.all(
      ['gpt-4', 'stored', 'fault/500', 'fault/echo-key', 'fault/html'].map((model) =>
        parts.gateway.chat({ model, messages }, { key }),
      ),
    )),
    await parts.gateway.chat({ messages, temperature: 'hot', tools: PROMPT }, { key }),
    await parts.gateway.ask('/v1/models', { key: `${key}x` }),
    await parts.gateway.ask('/v1/models', { key: MASTER_KEY.slice(0, -1) }),
    await parts.gateway.ask('/model/new', {
      body: { model_name: 'x', litellm_params: { ...params, model: 7 } },
    }),
    ...(await Promise.all(READ.map((path) => parts.gateway.ask(path)))),
  ];
  const visitor = await Visitor.signedIn(parts.gateway);
  const pages = await Promise.all(
    PAGES.filter((path) => path !== '/ui/live').map(async (path) => ({ path, ...(await visitor.get(path)) })),
  );
  expect(pages.filter(({ status }) => status !== 200).map(({ path }) => path)).toEqual([]);
  const answers = [
    ...asked.map(({ status, text, headers }, at) => ({
      name: `answer ${at} (${status})`,
      content: text + JSON.stringify(headers),
    })),
    ...pages.map(({ path, text }) => ({ name: path, content: text })),
  ];
  return { key, session: visitor.cookie.replace('gateway-session=', ''), answers };
}

test('no secret and no prompt stands in log, answers, metrics, pages, journal or database, at debug', async () => {
  const { key, session, answers } = await liveThrough();
  const spans = await until('the traces have arrived', async () => {
    const { text } = await reader.ask('/__sandbox/events');
    return text.split(PROMPT).length > 3 && text;
  });
  await parts.gateway.rows({ user_id: 'canary' }, 5);
  const artefacts: Artefact[] = [
    ...answers,
    ...filesIn(parts.gateway.folder),
    ...((await tablesIn(parts.database.url)) ?? []),
    { name: 'log', content: parts.gateway.child.output() },
    { name: 'metrics', content: (await parts.gateway.ask('/metrics')).text },
  ];
  const secrets: Canary[] = [
    { name: 'master key', value: MASTER_KEY },
    { name: 'virtual key', value: key },
    { name: 'key of a provider', value: UPSTREAM_KEY },
    { name: 'stored key of a provider', value: STORED },
    { name: 'key of Langfuse', value: LANGFUSE_SECRET },
    { name: 'credential of the collector', value: 'sk-otel-canary-27182818' },
    { name: 'database', value: parts.database.url },
    { name: 'salt', value: 'salt-0123456789-abcdefghij-klm' },
    { name: 'session', value: session },
  ];
  expect(session.length).toBeGreaterThan(20);
  expect(artefacts.map(({ name }) => name)).toEqual(
    expect.arrayContaining([expect.stringContaining('journal'), expect.stringContaining('spend_logs')]),
  );
  const traces = [{ name: 'traces', content: spans }, await tracesAt(collectorUrl)];
  expect(found(secrets, [...artefacts, ...traces])).toEqual([]);
  // A model may repeat what it was asked.
  const oursAlone = artefacts.filter(({ name }) => !/^answer [1-5] \(200\)$/.test(name));
  expect(found([{ name: 'prompt', value: PROMPT }], oursAlone)).toEqual([]);
  expect(parts.gateway.child.output()).toContain('/v1/chat/completions 200');
}, 60_000);
