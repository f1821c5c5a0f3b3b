import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect } from '@jest/globals';
import {
  Child,
  deployment,
  type Gateway,
  HttpClient,
  type Json,
  listOf,
  ROOT,
  StandIn,
  stringOf,
  until,
} from './harness.ts';
import { tracesAt } from './harness/artefacts.ts';
import { TEXT_MODELS } from './harness/gateway-config.ts';
import { mustHoldNoSecret } from './harness/left-behind.ts';
import { suite, test } from './harness/suite.ts';

const SECRET = 'sk-lf-canary-0123456789';
const server = new Child({
  name: 'langfuse',
  args: [join(ROOT, 'dist/apps/sandbox/src/main.js'), 'langfuse=0'],
  cwd: ROOT,
});
const { langfuse: url } = JSON.parse(await server.firstLine(15_000)) as Record<string, string>;
const langfuse = new StandIn(String(url));
const reader = new HttpClient(String(url));

const TOOL = 'searxng-search';
const parts = suite(
  {
    models: [deployment('broken', 'fault/500'), ...TEXT_MODELS],
    router: { fallbacks: [{ broken: ['gpt-4'] }] },
    litellm: { callbacks: ['langfuse'], langfuse_default_tags: ['user_api_key_alias'] },
    general: {
      search_tools: [{ search_tool_name: TOOL, litellm_params: { search_provider: 'searxng', timeout: 2 } }],
    },
  },
  {
    backends: ['searxng'],
    env: {
      LANGFUSE_HOST: String(url),
      LANGFUSE_PUBLIC_KEY: 'pk-lf-1',
      LANGFUSE_SECRET_KEY: SECRET,
      LANGFUSE_FLUSH_INTERVAL: '0.1',
    },
  },
);

afterAll(async () => {
  await langfuse.close();
  await reader.close();
  await server.kill();
});

beforeEach(async () => {
  await langfuse.reset({ settings: true });
});

afterEach(async () => mustHoldNoSecret([await tracesAt(String(url))], { of: 'Langfuse' }));

interface Seen {
  readonly traces: Json[];
  readonly observations: Json[];
}

async function seen(): Promise<Seen> {
  const { json } = await reader.ask('/__sandbox/events');
  return { traces: listOf(json?.traces), observations: listOf(json?.observations) };
}

/** The generation of the call, once it has arrived. */
function generationOf(callId: string): Promise<Json> {
  return until('the generation arrives', async () => {
    const { observations } = await seen();
    return observations.find(
      (one) =>
        stringOf(one.type).toLowerCase() === 'generation' &&
        stringOf(one.metadata?.litellm_call_id) === callId,
    );
  });
}

/** Every observation of one trace, once there are as many as wanted. */
function observationsOf(traceId: unknown, count: number): Promise<Json[]> {
  return until(`${count} observations arrive`, async () => {
    const found = (await seen()).observations.filter((one) => one.traceId === traceId);
    return found.length >= count && found;
  });
}

const named = (all: readonly Json[], name: string): Json[] =>
  all.filter((one) => stringOf(one.name) === name);
const generations = (all: readonly Json[]): Json[] =>
  all.filter((one) => stringOf(one.type).toLowerCase() === 'generation');

/** A call that fails, is tried once more and then elsewhere; then one that searches the web. */
async function showsTriesAndRounds(gateway: Gateway, others: number): Promise<void> {
  const tried = await gateway.chat({ model: 'broken', num_retries: 1 });
  expect(tried.status).toBe(200);
  const generation = await generationOf(tried.headers['x-litellm-call-id'] ?? '');
  const tries = await observationsOf(generation.traceId, 3 + others);
  expect(generation).toMatchObject({ level: 'DEFAULT', model: 'qwen3-30b-a3b' });
  for (const name of ['retry', 'fallback']) {
    const [failed, ...more] = named(tries, name);
    expect([failed?.level, more]).toEqual(['ERROR', []]);
    expect(stringOf(failed?.statusMessage)).not.toBe('');
    expect([500, '500']).toContain(failed?.metadata?.status);
  }
  const question = [{ role: 'user', content: 'What is the latest news about llamas?' }];
  const tools = [{ type: 'function', function: { name: TOOL } }];
  const searched = await gateway.chat({ messages: question, tools });
  const first = await generationOf(searched.headers['x-litellm-call-id'] ?? '');
  const rounds = await observationsOf(first.traceId, 3 + 3 * others);
  const models = generations(rounds).map(({ model }) => stringOf(model));
  expect(models.sort()).toEqual(['qwen3-30b-a3b', 'qwen3-30b-a3b', 'searxng/search']);
  const [trace, ...more] = (await seen()).traces.filter(({ id }) => id === first.traceId);
  expect([trace?.name, more]).toEqual(['litellm-acompletion', []]);
  expect(trace).toMatchObject({
    input: { messages: question },
    output: { content: expect.stringMatching(/^According to the tool/) },
  });
}

async function chat(
  body: object = {},
  headers: Record<string, string> = {},
): Promise<{ id: string; status: number }> {
  const { status, headers: answered } = await parts.gateway.chat(body, { headers });
  return { id: answered['x-litellm-call-id'] ?? '', status };
}

describe('the protocol of current servers', () => {
  test('a chat is a trace with a generation: who, what was asked and answered, tokens and cost', async () => {
    const body = {
      messages: [{ role: 'user', content: 'echo:seven' }],
      user: 'customer-1',
      metadata: { trace_name: 'quiz', session_id: 's-1', tags: ['a'] },
      temperature: 0.5,
    };
    const { id } = await chat(body);
    const generation = await generationOf(id);
    expect(generation).toMatchObject({
      input: { messages: body.messages },
      output: { role: 'assistant', content: 'seven' },
      model: 'qwen3-30b-a3b',
      modelParameters: { temperature: 0.5 },
      level: 'DEFAULT',
    });
    expect(generation.usageDetails?.input).toBeGreaterThan(0);
    expect(generation.costDetails?.total).toBeGreaterThan(0);
    const [trace] = (await seen()).traces;
    expect(trace).toMatchObject({ name: 'quiz', sessionId: 's-1', userId: 'customer-1', tags: ['a'] });
    expect(trace?.id).toBe(generation.traceId);
  });

  test('a streamed answer is shown whole, with the time of its first token', async () => {
    const { id } = await chat({ stream: true, messages: [{ role: 'user', content: 'echo:one two three' }] });
    const generation = await generationOf(id);
    expect(generation).toMatchObject({ output: { content: 'one two three' } });
    expect(stringOf(generation.completionStartTime)).toMatch(/^20/);
  });

  test('a failure is an error with its message', async () => {
    const { id, status } = await chat({ model: 'fault/500' });
    expect(status).toBe(500);
    const generation = await generationOf(id);
    expect(generation.level).toBe('ERROR');
    expect(stringOf(generation.statusMessage)).not.toBe('');
  });

  test('headers name the trace and hide its words', async () => {
    const traceId = '0af7651916cd43dd8448eb211c80319c';
    const { id } = await chat(
      {},
      {
        langfuse_trace_id: traceId,
        langfuse_generation_name: 'mine',
        'x-litellm-enable-message-redaction': 'true',
      },
    );
    expect(await generationOf(id)).toMatchObject({
      traceId,
      name: 'mine',
      input: 'redacted-by-litellm',
      output: 'redacted-by-litellm',
    });
  });

  test('a key that logs no messages logs none', async () => {
    const key = await parts.gateway.key({
      key_alias: 'discreet',
      metadata: { turn_off_message_logging: true },
    });
    const answer = await parts.gateway.chat({}, { key });
    const generation = await generationOf(answer.headers['x-litellm-call-id'] ?? '');
    expect(generation.output).toBe('redacted-by-litellm');
    expect((await seen()).traces[0]?.tags).toEqual(['user_api_key_alias:discreet']);
  });
});

test('tries, fallbacks and searches of a call stand in its trace', () =>
  showsTriesAndRounds(parts.gateway, 1));

describe('the protocol of older servers', () => {
  test('is spoken with a server of version 2', async () => {
    await langfuse.settings({ version: '2.95.0', writeMode: 'legacy' });
    const gateway = await parts.another({
      env: {
        LANGFUSE_HOST: String(url),
        LANGFUSE_PUBLIC_KEY: 'pk-lf-1',
        LANGFUSE_SECRET_KEY: SECRET,
        LANGFUSE_FLUSH_INTERVAL: '0.1',
      },
    });
    const body = {
      messages: [{ role: 'user', content: 'echo:old' }],
      response_format: { type: 'text' },
      metadata: { trace_id: 'any name', trace_name: 'quiz' },
    };
    const { headers } = await gateway.chat(body);
    const generation = await generationOf(headers['x-litellm-call-id'] ?? '');
    expect(generation).toMatchObject({ traceId: 'any name', output: { content: 'old' }, level: 'DEFAULT' });
    expect(stringOf(generation.id)).toMatch(/^time-\d\d-\d\d-\d\d-\d{6}_chatcmpl-/);
    expect((await seen()).traces).toMatchObject([{ id: 'any name', name: 'quiz' }]);
    await showsTriesAndRounds(gateway, 0);
  });
});

describe('a Langfuse in trouble', () => {
  test('that comes back gets what it missed, each trace once', async () => {
    await langfuse.settings({ mode: 'down' });
    const asked = await Promise.all(Array.from({ length: 20 }, () => chat()));
    await new Promise((resolve) => setTimeout(resolve, 500));
    await langfuse.settings({ mode: 'up' });
    await Promise.all(asked.map(({ id }) => generationOf(id)));
    const { observations } = await seen();
    const ids = observations.map(({ metadata }) => stringOf(metadata?.litellm_call_id));
    for (const { id } of asked) expect(ids.filter((one) => one === id)).toHaveLength(1);
  }, 60_000);

  for (const mode of ['down', 'hang', '401', '413', '429', '500', '502', '207']) {
    test(`that is "${mode}" is not seen by clients`, async () => {
      await langfuse.settings({ mode });
      const startedAt = performance.now();
      const answers = await Promise.all(Array.from({ length: 10 }, () => chat()));
      expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 10 }, () => 200));
      expect(performance.now() - startedAt).toBeLessThan(3_000);
    });
  }
});

test('its keys stand in no line of the log', () => {
  const tail = parts.gateway.child.tail();
  for (const canary of [SECRET, Buffer.from(`pk-lf-1:${SECRET}`).toString('base64')]) {
    expect(tail).not.toContain(canary);
  }
});
