import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Call, type Caller, type Outcome } from '@app/call';
import { aCall, aCaller, anOutcome } from '@testing/call';
import { aTestDatabase, type TestDatabase } from '@testing/database';
import { aRowId } from '@testing/spend';
import { SpendLogsController } from './spend-logs.controller.js';
import { aSpendServer, type SpendServer } from './testing.js';

const ann = aCaller({ keyHash: '1'.repeat(64), userId: 'ann', role: 'internal_user' });
const bob = aCaller({ keyHash: '2'.repeat(64), userId: 'bob' });
const nobody = aCaller({ keyHash: '3'.repeat(64) });

let database: TestDatabase;
let server: SpendServer;
const outcomes: Outcome[] = [];

type Row = Record<string, unknown>;

const get = (query: string, caller?: Caller) => server.get<Row[]>(`/spend/logs${query}`, caller);
const callIds = (rows: readonly Row[]) => rows.map(({ metadata }) => (metadata as Row)['call_id']);

function record(changes: Partial<Outcome>, { startedAt, ...call }: Partial<Omit<Call, 'body'>>): Outcome {
  const outcome = anOutcome({
    ...changes,
    call: aCall({ id: aRowId(startedAt?.getTime()), ...call, ...(startedAt && { startedAt }) }),
  });
  outcomes.push(outcome);
  return outcome;
}

function close(ended: readonly Outcome[]): Promise<unknown> {
  return Promise.all(
    ended.map((outcome) => server.ledger.close(outcome) ?? Promise.reject(new Error('not awaited'))),
  );
}

beforeAll(async () => {
  database = await aTestDatabase();
  server = await aSpendServer(database.url, [SpendLogsController]);
  const at = (text: string) => new Date(text);
  record(
    { responseId: 'chatcmpl-a' },
    { caller: ann, callId: 'call-a', startedAt: at('2026-02-01T10:00:00.123Z') },
  );
  record(
    { responseId: 'chatcmpl-b', costPicoUsd: 10n ** 12n },
    { caller: ann, callId: 'call-b', startedAt: at('2026-02-03T23:59:59.999Z') },
  );
  record(
    {
      responseId: null,
      deployment: null,
      status: 400,
      costPicoUsd: 0n,
      errorType: 'invalid_request_error',
      errorMessage: 'no',
    },
    { caller: bob, callId: 'call-c', model: 'made-up', startedAt: at('2026-02-03T08:00:00Z') },
  );
  record(
    { responseId: 'chatcmpl-d', costPicoUsd: 1n },
    { caller: nobody, callId: 'call-d', endUser: 'Eve', tags: ['x'], startedAt: at('2026-02-04T00:00:00Z') },
  );
  await close(outcomes);
});
afterAll(async () => {
  await server.close();
  await database.drop();
});

describe('GET /spend/logs', () => {
  test('without a filter gives all rows, newest first', async () => {
    expect(callIds((await get('')).body)).toEqual(['call-d', 'call-b', 'call-c', 'call-a']);
  });

  test('a row has every field of the contract', async () => {
    const [row] = (await get('?request_id=chatcmpl-d')).body;
    expect(row).toEqual({
      request_id: 'chatcmpl-d',
      call_type: 'acompletion',
      api_key: nobody.keyHash,
      spend: 1e-12,
      total_tokens: 21,
      prompt_tokens: 9,
      completion_tokens: 12,
      startTime: '2026-02-04T00:00:00.000Z',
      endTime: '2026-02-04T00:00:00.010Z',
      completionStartTime: '2026-02-04T00:00:00.005Z',
      request_duration_ms: 10,
      model: 'qwen3-30b-a3b',
      model_id: 'deployment-1',
      model_group: 'gpt-4',
      custom_llm_provider: 'openai',
      api_base: 'http://127.0.0.1:9/v1',
      user: '',
      end_user: 'Eve',
      team_id: null,
      organization_id: null,
      agent_id: null,
      metadata: expect.objectContaining({
        user_api_key: nobody.keyHash,
        status: 'success',
        error_information: null,
        litellm_overhead_time_ms: 1,
        price_version: 'test',
        unpriced: false,
        usage_estimated: false,
      }),
      cache_hit: 'False',
      cache_key: 'Cache OFF',
      request_tags: ['x'],
      requester_ip_address: '127.0.0.1',
      session_id: 'call-d',
      status: 'success',
      mcp_namespaced_tool_name: null,
      messages: {},
      response: {},
      proxy_server_request: {},
    });
  });

  test('a failure goes by its call id and names the model that was asked for', async () => {
    const [row] = (await get('?request_id=call-c')).body;
    expect(row).toMatchObject({
      request_id: 'call-c',
      status: 'failure',
      spend: 0,
      model: 'made-up',
      model_group: 'made-up',
      metadata: {
        error_information: { error_code: '400', error_class: 'invalid_request_error', error_message: 'no' },
      },
    });
  });

  test('finds a row by response id, call id and our own id', async () => {
    const own = outcomes[0]?.call.id ?? '';
    for (const id of ['chatcmpl-a', 'call-a', own]) {
      expect([id, callIds((await get(`?request_id=${id}`)).body)]).toEqual([id, ['call-a']]);
    }
    expect((await get('?request_id=unknown')).body).toEqual([]);
  });

  test('by key takes the hash', async () => {
    expect(callIds((await get(`?api_key=${ann.keyHash}`)).body)).toEqual(['call-b', 'call-a']);
  });

  test('by key takes the key itself', async () => {
    expect((await get('?api_key=sk-unknown')).body).toEqual([]);
  });

  test('by user', async () => {
    expect(callIds((await get('?user_id=bob')).body)).toEqual(['call-c']);
  });

  test('by dates without sums gives rows, the last day in full', async () => {
    const { body } = await get('?start_date=2026-02-01&end_date=2026-02-03&summarize=false');
    expect(callIds(body)).toEqual(['call-b', 'call-c', 'call-a']);
  });

  test('by dates gives one sum per day, days without spend too', async () => {
    const { body } = await get('?start_date=2026-02-01&end_date=2026-02-04');
    expect(body).toEqual([
      {
        startTime: '2026-02-01',
        spend: 0.0000375,
        users: { ann: 0.0000375 },
        models: { 'qwen3-30b-a3b': 0.0000375 },
        [ann.keyHash]: 0.0000375,
      },
      { startTime: '2026-02-02', spend: 0, users: {}, models: {} },
      {
        startTime: '2026-02-03',
        spend: 1,
        users: { ann: 1, bob: 0 },
        models: { 'qwen3-30b-a3b': 1, '': 0 },
        [ann.keyHash]: 1,
        [bob.keyHash]: 0,
      },
      {
        startTime: '2026-02-04',
        spend: 1e-12,
        users: { '': 1e-12 },
        models: { 'qwen3-30b-a3b': 1e-12 },
        [nobody.keyHash]: 1e-12,
      },
    ]);
  });

  test('sums of one user', async () => {
    const { body } = await get('?start_date=2026-02-03&end_date=2026-02-03&user_id=ann');
    expect(body).toMatchObject([{ startTime: '2026-02-03', spend: 1, users: { ann: 1 } }]);
  });

  test.each(['start_date=x', 'end_date=2026-13-01', 'summarize=no', 'api_key=a&api_key=b', 'sort=spend'])(
    '?%s is refused by name',
    async (query) => {
      const { status, body } = await get(`?${query}`);
      expect({ status, body }).toMatchObject({
        status: 400,
        body: { error: { param: query.split('=')[0] } },
      });
    },
  );
});

describe('who sees what', () => {
  test('a user its own rows, whatever it asks for', async () => {
    for (const query of ['', '?user_id=bob', `?api_key=${ann.keyHash}`]) {
      expect(callIds((await get(query, ann)).body)).toEqual(['call-b', 'call-a']);
    }
    expect((await get(`?api_key=${bob.keyHash}`, ann)).body).toEqual([]);
    expect((await get('?request_id=call-c', ann)).body).toEqual([]);
  });

  test('a key without a user its own rows', async () => {
    expect(callIds((await get('', nobody)).body)).toEqual(['call-d']);
    expect(callIds((await get('?user_id=ann', nobody)).body)).toEqual(['call-d']);
    expect((await get('?request_id=chatcmpl-a', nobody)).body).toEqual([]);
  });

  test('sums too are of what the caller may see', async () => {
    const { body } = await get('?start_date=2026-02-01&end_date=2026-02-04', ann);
    expect(body.map(({ spend }) => spend)).toEqual([0.0000375, 0, 1, 0]);
  });

  test.each(['proxy_admin', 'proxy_admin_viewer'] as const)('a %s everything', async (role) => {
    expect((await get('', { ...ann, role })).body).toHaveLength(4);
  });
});

describe('many rows', () => {
  beforeAll(async () => {
    const many = Array.from({ length: 1_050 }, (_, index) =>
      record(
        { costPicoUsd: 1n },
        { caller: bob, callId: `many-${index}`, startedAt: new Date('2026-03-01T00:00:00Z') },
      ),
    );
    await close(many);
  });

  test('without a filter are the newest 1,000, and a header says that there are more', async () => {
    const { body, headers } = await get('');
    expect(body).toHaveLength(1_000);
    expect(headers.get('x-spend-logs-truncated')).toBe('true');
  });

  test('with a filter are all', async () => {
    const { body, headers } = await get('?user_id=bob');
    expect(body).toHaveLength(1_051);
    expect(headers.get('x-spend-logs-truncated')).toBeNull();
  });
});
