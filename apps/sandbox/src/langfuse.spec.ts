import { gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { at, clientOf, json } from '../test/client.js';
import { startLangfuse } from './langfuse.js';

const AUTHORIZATION = `Basic ${Buffer.from('pk-lf-1:sk-lf-1').toString('base64')}`;
const headers = { authorization: AUTHORIZATION };
const NOW = '2026-01-02T03:04:05.000Z';
const client = clientOf(startLangfuse);

const event = (type: string, body: object, timestamp = NOW) => ({ id: `e-${type}`, type, timestamp, body });
const ingest = (...batch: unknown[]) => client.post('/api/public/ingestion', { batch }, headers);
const stored = async () => json(await client.send('/__sandbox/events'));

describe('the old endpoint', () => {
  test('merges what belongs to one id, in whatever order it comes', async () => {
    await ingest(
      event('generation-update', { id: 'g', endTime: NOW, metadata: { b: 2 } }, '2026-01-02T03:04:06.000Z'),
      event('generation-create', { id: 'g', traceId: 't', name: 'chat', metadata: { a: 1 } }),
      event('trace-create', { id: 't', name: 'trace' }),
    );
    expect(await stored()).toMatchObject({
      traces: [{ id: 't', name: 'trace' }],
      observations: [{ id: 'g', traceId: 't', name: 'chat', endTime: NOW, metadata: { a: 1, b: 2 } }],
    });
  });

  test('lets the later update win', async () => {
    await ingest(
      event('trace-create', { id: 't', output: 'late' }, '2026-01-02T03:04:09.000Z'),
      event('trace-create', { id: 't', output: 'early' }),
    );
    expect(at(await stored(), 'traces.0.output')).toBe('late');
  });

  test.each([
    ['nested model parameters', { id: 'g', modelParameters: { tools: [{ a: 1 }] } }],
    ['a fraction of a token', { id: 'g', usage: { input: 1.5 } }],
    ['counts as text', { id: 'g', usageDetails: { input: '5' } }],
    ['a level that does not exist', { id: 'g', level: 'FATAL' }],
    ['an environment of its own', { id: 'g', environment: 'langfuse-x' }],
    ['capitals in the environment', { id: 'g', environment: 'Prod' }],
    ['a prompt without its version', { id: 'g', promptName: 'p' }],
    ['a time that is none', { id: 'g', startTime: 'yesterday' }],
    ['no id', { name: 'x' }],
    ['a name beyond bounds', { id: 'g', name: 'x'.repeat(1001) }],
  ])('refuses %s, and takes the other events of the batch', async (_what, body) => {
    const reply = await ingest(event('generation-create', body), event('trace-create', { id: 't' }));
    expect([reply.status, json(reply)]).toMatchObject([
      207,
      {
        successes: [{ id: 'e-trace-create', status: 201 }],
        errors: [{ id: 'e-generation-create', status: 400, message: expect.any(String) }],
      },
    ]);
  });

  test('takes flat model parameters and whole tokens', async () => {
    const body = {
      id: 'g',
      modelParameters: { temperature: 0.5, stop: ['a'], format: { type: 'json' }, stream: true },
      usageDetails: { input: 3, output: 4, total: 7 },
      usage: { input: 3, unit: 'TOKENS' },
    };
    expect(json(await ingest(event('generation-create', body)))).toMatchObject({ errors: [] });
  });

  test.each([
    [{ ...event('trace-create', {}), timestamp: 'x' }],
    [{ ...event('nonsense', {}) }],
    [{ id: 'x', type: 'trace-create', timestamp: NOW }],
  ])('refuses an event of the wrong form: %j', async (wrong) => {
    expect(at(json(await ingest(wrong)), 'errors.0.status')).toBe(400);
  });

  test('does not parse a body without a batch', async () => {
    const reply = await client.post('/api/public/ingestion', { nothing: 1 }, headers);
    expect([reply.status, at(json(reply), 'message')]).toEqual([400, 'Invalid request data']);
  });

  test('is too small for five megabytes', async () => {
    const reply = await ingest(event('trace-create', { id: 't', input: 'x'.repeat(5_000_000) }));
    expect(reply.status).toBe(413);
  });

  test('takes scores only, on a server of version 4 that writes events', async () => {
    await client.settings({ version: '4.16.0' });
    const reply = json(await ingest(event('trace-create', { id: 't' }), event('score-create', { id: 's' })));
    expect(reply).toMatchObject({
      successes: [{ id: 'e-score-create' }],
      errors: [{ id: 'e-trace-create' }],
    });
    await client.settings({ writeMode: 'dual' });
    expect(json(await ingest(event('trace-create', { id: 't' })))).toMatchObject({ errors: [] });
  });
});

const TRACE_ID = 'ab'.repeat(16);
const SPAN_ID = 'cd'.repeat(8);
const attribute = (key: string, value: object) => ({ key, value });

function otlp(span: object = {}) {
  const attributes = [
    attribute('langfuse.observation.type', { stringValue: 'generation' }),
    attribute('langfuse.observation.input', { stringValue: '[{"role":"user"}]' }),
    attribute('langfuse.observation.usage_details', { stringValue: '{"input":3,"output":4}' }),
    attribute('langfuse.observation.metadata.team', { stringValue: 'red' }),
    attribute('langfuse.trace.name', { stringValue: 'request' }),
    attribute('langfuse.trace.tags', { arrayValue: { values: [{ stringValue: 'a' }] } }),
    attribute('user.id', { stringValue: 'u1' }),
  ];
  const times = { startTimeUnixNano: '1700000000000000000', endTimeUnixNano: '1700000001000000000' };
  const whole = { traceId: TRACE_ID, spanId: SPAN_ID, name: 'chat', ...times, attributes, ...span };
  return { resourceSpans: [{ scopeSpans: [{ scope: { name: 'langfuse-sdk' }, spans: [whole] }] }] };
}

const send = (body: unknown, more: Record<string, string> = {}) =>
  client.post('/api/public/otel/v1/traces', body, { ...headers, ...more });

describe('the OTLP endpoint', () => {
  test('reads spans as observations and traces', async () => {
    expect((await send(otlp())).status).toBe(200);
    expect(await stored()).toMatchObject({
      counts: { spans: 1 },
      traces: [{ id: TRACE_ID, name: 'request', userId: 'u1', tags: ['a'] }],
      observations: [
        {
          id: SPAN_ID,
          traceId: TRACE_ID,
          type: 'generation',
          input: [{ role: 'user' }],
          usageDetails: { input: 3, output: 4 },
          metadata: { team: 'red' },
          startTime: '2023-11-14T22:13:20.000Z',
        },
      ],
    });
  });

  test('takes gzip', async () => {
    const reply = await client.send('/api/public/otel/v1/traces', {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json', 'content-encoding': 'gzip' },
      body: new Uint8Array(gzipSync(JSON.stringify(otlp()))),
    });
    expect([reply.status, at(await stored(), 'counts.spans')]).toEqual([200, 1]);
  });

  test('takes an empty request', async () => {
    const reply = await send({});
    expect([reply.status, reply.text]).toEqual([200, '{}']);
  });

  test.each([[{ traceId: 'short' }], [{ spanId: '' }], [{ attributes: { a: 1 } }]])(
    'refuses the whole batch for one span with %j',
    async (span) => {
      expect((await send(otlp(span))).status).toBe(400);
      expect(at(await stored(), 'observations')).toEqual([]);
    },
  );

  test('refuses other content types and newer versions', async () => {
    const text = await send(otlp(), { 'content-type': 'text/plain' });
    expect([text.status, json(text)]).toEqual([400, { error: 'Invalid content type' }]);
    expect((await send(otlp(), { 'x-langfuse-ingestion-version': '5' })).status).toBe(400);
  });

  test('ignores metrics', async () => {
    expect((await client.post('/api/public/otel/v1/metrics', {}, headers)).status).toBe(200);
  });
});

describe('credentials', () => {
  test('must be there', async () => {
    const reply = await client.post('/api/public/ingestion', { batch: [] });
    expect([reply.status, at(json(reply), 'error')]).toEqual([401, 'UnauthorizedError']);
  });

  test('must be the configured ones', async () => {
    await client.settings({ publicKey: 'pk-lf-1', secretKey: 'other' });
    expect((await ingest()).status).toBe(401);
    await client.settings({ secretKey: 'sk-lf-1' });
    expect((await ingest()).status).toBe(207);
  });

  test('are not asked for by the health check, which tells the version', async () => {
    await client.settings({ version: '4.16.0' });
    expect(json(await client.send('/api/public/health'))).toEqual({ status: 'OK', version: '4.16.0' });
  });
});

describe('a server in trouble', () => {
  test.each([
    ['401', 401],
    ['413', 413],
    ['429', 429],
    ['500', 500],
    ['502', 502],
  ])('in mode %s answers %d', async (mode, status) => {
    await client.settings({ mode });
    expect((await ingest(event('trace-create', { id: 't' }))).status).toBe(status);
    expect(at(await stored(), 'traces')).toEqual([]);
  });

  test('says when to come back, without a body', async () => {
    await client.settings({ mode: '429' });
    const reply = await ingest();
    expect([reply.headers.get('retry-after'), reply.headers.get('x-ratelimit-limit'), reply.text]).toEqual([
      '1',
      '1000',
      '',
    ]);
  });

  test('refuses every event in a 207', async () => {
    await client.settings({ mode: '207' });
    const reply = await ingest(event('trace-create', { id: 't' }));
    expect([reply.status, at(json(reply), 'errors')]).toEqual([
      207,
      [expect.objectContaining({ status: 400 })],
    ]);
  });

  test('that is down cuts the connection', async () => {
    await client.settings({ mode: 'down' });
    await expect(ingest()).rejects.toThrow();
  });

  test('that is slow answers late', async () => {
    await client.settings({ mode: 'slow', slowMs: 80 });
    const before = performance.now();
    expect((await ingest()).status).toBe(207);
    expect(performance.now() - before).toBeGreaterThanOrEqual(78);
  });

  test('that hangs never answers', async () => {
    await client.settings({ mode: 'hang' });
    const init = { method: 'POST', headers, body: '{"batch":[]}', signal: AbortSignal.timeout(100) };
    await expect(client.send('/api/public/ingestion', init)).rejects.toThrow(/aborted/);
  });
});

describe('other routes', () => {
  test('show the project that the keys belong to', async () => {
    const reply = await client.send('/api/public/projects', { headers });
    expect(at(json(reply), 'data.0.id')).toBe('sandbox');
  });

  test('are not there', async () => {
    const reply = await client.send('/api/public/traces', { headers });
    expect([reply.status, at(json(reply), 'error')]).toEqual([404, 'LangfuseNotFoundError']);
  });
});

test('a broken body is refused whole', async () => {
  expect((await send('not json')).status).toBe(400);
  const headersOfProtobuf = { 'content-type': 'application/x-protobuf' };
  expect((await send('\n\x7fx', headersOfProtobuf)).status).toBe(400);
  expect(at(await stored(), 'counts.refused')).toBe(2);
});

test('the oldest records give way beyond the bound', async () => {
  await client.settings({ keepRecords: 2 });
  for (const id of ['a', 'b', 'c']) await ingest(event('trace-create', { id }));
  const traces = at(await stored(), 'traces') as object[];
  expect(traces.map((trace) => at(trace, 'id'))).toEqual(['b', 'c']);
});

test('events can be asked for by trace', async () => {
  await ingest(event('trace-create', { id: 'a' }), event('span-create', { id: 's', traceId: 'a' }));
  await ingest(event('trace-create', { id: 'b' }));
  expect(json(await client.send('/__sandbox/events?traceId=a'))).toMatchObject({
    traces: [{ id: 'a' }],
    observations: [{ id: 's', type: 'SPAN' }],
  });
});
