import { spawnSync } from 'node:child_process';
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

const LANGFUSE_SECRET = 'sk-lf-canary-0123456789';
const PROMPT = 'prompt-canary-31415926';
const TRACE = '0af7651916cd43dd8448eb211c80319c';
const PARENT = 'b7ad6b7169203331';
const server = new Child({
  name: 'langfuse',
  args: [join(ROOT, 'dist/apps/sandbox/src/main.js'), 'langfuse=0'],
  cwd: ROOT,
});
const { langfuse: url } = JSON.parse(await server.firstLine(15_000)) as Record<string, string>;
const reader = new HttpClient(String(url));
const credentials = Buffer.from('pk:sk-otel-canary-27182818').toString('base64');

/** The stand-in takes spans of anybody. */
const parts = suite(
  { litellm: { callbacks: ['langfuse'] } },
  {
    env: {
      LITELLM_LOG: 'DEBUG',
      OTEL_EXPORTER_OTLP_ENDPOINT: `${String(url)}/api/public/otel`,
      OTEL_EXPORTER_OTLP_HEADERS: `authorization=Basic ${credentials.replaceAll('=', '%3D')}`,
      LANGFUSE_HOST: String(url),
      LANGFUSE_PUBLIC_KEY: 'pk-lf-1',
      LANGFUSE_SECRET_KEY: LANGFUSE_SECRET,
    },
  },
);

afterAll(async () => {
  await reader.close();
  await server.kill();
});

function spanOf(name: string, traceId: string): Promise<Json> {
  return until(`the span ${name} arrives`, async () => {
    const { json } = await reader.ask(`/__sandbox/events?traceId=${traceId}`);
    return listOf(json?.observations).find((one) => stringOf(one.name) === name);
  });
}

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
  const told = spawnSync('promtool', ['check', 'metrics'], { input: text });
  if (told.error)
    process.stderr.write('SKIPPED: promtool is not installed, the metrics are not checked by it.\n');
  else expect([told.status, String(told.stderr)]).toEqual([0, '']);
});

test('no secret and no prompt stands in log, metrics or health, at debug', async () => {
  const key = await parts.gateway.key();
  await parts.gateway.chat({ messages: [{ role: 'user', content: PROMPT }] }, { key });
  await parts.gateway.chat({ model: 'fault/500', messages: [{ role: 'user', content: PROMPT }] }, { key });
  await parts.gateway.ask('/v1/models', { key: `${key}x` });
  const shown = await Promise.all(
    ['/metrics', '/health', '/health/history', '/health/readiness'].map(
      async (path) => (await parts.gateway.ask(path)).text,
    ),
  );
  await new Promise((resolve) => setTimeout(resolve, 600));
  const everything = [parts.gateway.child.output(), ...shown].join('\n');
  const databasePassword = new URL(parts.database.url).password;
  const canaries = [
    MASTER_KEY,
    key,
    UPSTREAM_KEY,
    LANGFUSE_SECRET,
    credentials,
    'sk-otel-canary-27182818',
    PROMPT,
  ];
  canaries.push(parts.database.url);
  for (const canary of [...canaries, ...(databasePassword.length > 5 ? [databasePassword] : [])]) {
    for (const form of [
      canary,
      Buffer.from(canary).toString('base64').replace(/=+$/, ''),
      encodeURIComponent(canary),
      JSON.stringify(canary).slice(1, -1),
    ]) {
      expect([canary.slice(0, 12), everything.includes(form)]).toEqual([canary.slice(0, 12), false]);
    }
  }
  expect(everything).toContain('/v1/chat/completions 200');
});
