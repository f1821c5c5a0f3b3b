import { createHash } from 'node:crypto';
import { beforeAll, describe, expect } from '@jest/globals';
import { until } from './harness.ts';
import { suite, test } from './harness/suite.ts';

const parts = suite();
/** 8 tokens in, 5 out. */
const ONE_CALL_USD = 0.000018;
const THREE_CALLS_USD = 0.000054;
const today = new Date().toISOString().slice(0, 10);
const period = `start_date=${today}&end_date=${today}`;

let key: string;
let hash: string;

/** As a script written for LiteLLM asks: dates, a key, a user, nothing else. */
const ask = async (path: string) => {
  const { status, json } = await parts.gateway.ask(path);
  expect({ path, status }).toEqual({ path, status: 200 });
  return json as unknown;
};

beforeAll(async () => {
  key = await parts.gateway.key({ user_id: 'ada', key_alias: 'spender' });
  hash = createHash('sha256').update(key).digest('hex');
  for (let call = 0; call < 3; call += 1) await parts.gateway.chat({ max_tokens: 5 }, { key });
  await parts.gateway.rows({ api_key: hash }, 3);
}, 60_000);

describe('what calls have cost', () => {
  test('is told by key, by user, by day, and by page', async () => {
    const row = expect.objectContaining({
      api_key: hash,
      user: 'ada',
      spend: ONE_CALL_USD,
      status: 'success',
    });
    expect(await ask(`/spend/logs?api_key=${key}`)).toEqual([row, row, row]);
    expect(await ask('/spend/logs?user_id=ada')).toEqual([row, row, row]);
    expect(await ask(`/spend/logs?${period}`)).toEqual([
      expect.objectContaining({
        startTime: today,
        users: { ada: THREE_CALLS_USD },
        [hash]: THREE_CALLS_USD,
      }),
    ]);
    expect(await ask(`/spend/logs/v2?${period}&page_size=2`)).toMatchObject({ total: 3, total_pages: 2 });
  });

  test('is the same in every report', async () => {
    expect(await ask('/global/spend')).toMatchObject({ spend: THREE_CALLS_USD });
    expect(await ask('/global/spend/keys')).toMatchObject([
      { api_key: hash, key_alias: 'spender', total_spend: THREE_CALLS_USD },
    ]);
    expect(await ask(`/global/activity?${period}`)).toMatchObject({ sum_api_requests: 3 });
    expect(await ask(`/user/daily/activity?${period}`)).toMatchObject({
      metadata: { total_spend: THREE_CALLS_USD },
    });
  });

  test('leaves nothing unexplained', async () => {
    const report = await until(
      'everything is shipped',
      async () => {
        const { json } = await parts.gateway.ask('/spend/reconcile');
        return (json?.journal?.waitingRows as unknown) === 0 && json;
      },
      10_000,
    );
    expect(report).toMatchObject({ unexplained: '0', differences: 0 });
  });

  test('a key without a role sees its own rows and no more', async () => {
    const stranger = await parts.gateway.key({});
    const own = await parts.gateway.ask('/spend/logs', { key: stranger });
    expect([own.status, own.json]).toEqual([200, []]);
    expect((await parts.gateway.ask('/global/spend', { key: stranger })).status).toBe(403);
    expect((await parts.gateway.ask('/spend/reconcile', { key: stranger })).status).toBe(403);
  });
});

describe('what calls would cost', () => {
  test('/spend/calculate charges the usage of an answer', async () => {
    const answer = { model: 'gpt-4', usage: { prompt_tokens: 8, completion_tokens: 5 } };
    const { json } = await parts.gateway.ask('/spend/calculate', { body: { completion_response: answer } });
    expect(json).toEqual({ cost: ONE_CALL_USD });
  });

  test('/spend/calculate counts a prompt', async () => {
    const body = { model: 'gpt-4', messages: [{ role: 'user', content: 'a'.repeat(400) }] };
    const { json } = await parts.gateway.ask('/spend/calculate', { body });
    expect(json).toEqual({ cost: 0.000104 });
  });

  test('/cost/estimate tells a request, a day and a month', async () => {
    const body = { model: 'gpt-4', input_tokens: 8, output_tokens: 5, num_requests_per_day: 10 };
    const { json } = await parts.gateway.ask('/cost/estimate', { body });
    expect(json).toMatchObject({
      cost_per_request: ONE_CALL_USD,
      input_cost_per_request: 0.000008,
      output_cost_per_request: 0.00001,
      daily_cost: 0.00018,
      monthly_cost: null,
    });
  });

  test('is told of the models that the key may call, and of no others', async () => {
    const narrow = await parts.gateway.key({ models: ['gpt-4'] });
    const usage = { usage: { prompt_tokens: 1 } };
    for (const [model, expected] of [
      ['gpt-4', 200],
      ['gpt-3.5-turbo', 403],
      ['qwen2.5-14b-instruct', 403],
      ['nobody-has-it', 403],
    ] as const) {
      const bodies: [string, object][] = [
        ['/cost/estimate', { model, input_tokens: 1 }],
        ['/spend/calculate', { completion_response: { model, ...usage } }],
      ];
      for (const [path, body] of bodies) {
        const { status } = await parts.gateway.ask(path, { key: narrow, body });
        expect([path, model, status]).toEqual([path, model, expected]);
      }
    }
  });

  test('refuses what it cannot charge, in the one shape', async () => {
    const bodies: [string, object][] = [
      ['/spend/calculate', {}],
      ['/spend/calculate', { model: 'gpt-4' }],
      ['/spend/calculate', { model: 'gpt-4', completion_response: { usage: { prompt_tokens: -1 } } }],
      ['/cost/estimate', { model: 'gpt-4', input_tokens: -1 }],
      ['/global/spend/reset', {}],
    ];
    for (const [path, body] of bodies) {
      const { status, json } = await parts.gateway.ask(path, { body });
      expect([path, body, status, json?.error?.type]).toEqual([path, body, 400, 'invalid_request_error']);
    }
  });
});
