import { type IncomingHttpHeaders } from 'node:http';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type Call, type LimitRule, NO_USAGE, RateLimitError } from '@app/call';
import { aTestDatabase, type TestDatabase } from '@testing/database';
import { anOutcome } from '@testing/call';
import { type Limited, type Permit } from './limits.service.js';
import { addRateHeaders } from './rate-headers.js';
import { aLimitedCall, aReplica, aKeyRule, type Replica } from './testing.js';

let database: TestDatabase;
let replica: Replica;

beforeAll(async () => {
  database = await aTestDatabase();
});
beforeEach(async () => {
  await database.query('TRUNCATE limit_accounts, limit_holders, limit_leases');
  replica = await aReplica(database);
});
afterEach(() => replica.stop());
afterAll(() => database.drop());

const admit = async (rules: readonly LimitRule[], changes: Parameters<typeof aLimitedCall>[1] = {}) => {
  const call = aLimitedCall(rules, changes);
  const limited: Limited = { standing: null };
  return { call, limited, permit: await replica.limits.admit(call, 0n, limited) };
};

const end = ({ call, permit }: { call: Call; permit: Permit }, completionTokens = 0): void =>
  permit.settle(anOutcome({ call, usage: { ...NO_USAGE, completionTokens }, costPicoUsd: 0n }));

const refusal = async (work: Promise<unknown>): Promise<RateLimitError> => {
  const error: unknown = await work.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (error instanceof RateLimitError) return error;
  throw error instanceof Error ? error : new Error('admitted');
};

const headersOf = (
  { limited }: { limited: Limited },
  upstream: IncomingHttpHeaders = {},
): Record<string, string> => {
  const head: string[] = [];
  addRateHeaders(limited.standing, head, upstream);
  const pairs = Array.from({ length: head.length / 2 }, (_, at) => head.slice(2 * at, 2 * at + 2));
  expect(new Set(pairs.map(([name]) => name)).size).toBe(pairs.length);
  return Object.fromEntries(pairs) as Record<string, string>;
};

describe('requests per minute', () => {
  test('admit as many as the limit at once, and not one more', async () => {
    const rules = [aKeyRule({ requestsPerMinute: 20 })];
    const settled = await Promise.allSettled(Array.from({ length: 50 }, () => admit(rules)));
    expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(20);
    await refusal(admit(rules));
  });

  test('are refused in LiteLLM’s words, with the time when one is free again', async () => {
    const rules = [aKeyRule({ requestsPerMinute: 1 })];
    await admit(rules);
    const error = await refusal(admit(rules));
    expect(error.message).toMatch(
      /^Rate limit exceeded for api_key: sk-\.\.\.abcd\. Limit type: requests\. Current limit: 1, Remaining: 0\. Limit resets at: \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC$/,
    );
    expect(error.headers).toMatchObject({ rate_limit_type: 'requests' });
    expect(Number(error.headers['retry-after'])).toBeGreaterThan(55);
    expect(error.status).toBe(429);
  });

  test('of zero admit nobody', async () => {
    await refusal(admit([aKeyRule({ requestsPerMinute: 0 })]));
  });

  test('that end do not make room before their minute is over', async () => {
    const rules = [aKeyRule({ requestsPerMinute: 1 })];
    end(await admit(rules));
    await refusal(admit(rules));
  });

  test('count for one model where the limit is that model’s', async () => {
    const rules = [aKeyRule({ requestsPerMinute: 1, model: 'gpt-4' })];
    await admit(rules);
    await refusal(admit(rules));
    await admit(rules, { model: 'qwen' });
  });

  test('of a user are shared by all of its keys', async () => {
    const rule = aKeyRule({ scope: 'user:ann', requestsPerMinute: 1 });
    await admit([rule], { caller: { keyHash: 'aa'.repeat(32) } });
    expect((await refusal(admit([{ ...rule }], { caller: { keyHash: 'bb'.repeat(32) } }))).message).toContain(
      'user: ann',
    );
  });

  test('cost no statement once they are in hand', async () => {
    const rules = [aKeyRule({ requestsPerMinute: 1_000 })];
    await admit(rules);
    const before = replica.store.statements;
    for (let call = 0; call < 500; call += 1) end(await admit(rules));
    expect(replica.store.statements - before).toBeLessThanOrEqual(2);
  });
});

describe('tokens per minute', () => {
  test('are refused once what was booked reaches the limit', async () => {
    const rules = [aKeyRule({ tokensPerMinute: 2 })];
    end(await admit(rules), 21);
    expect((await refusal(admit(rules))).message).toContain('Limit type: tokens. Current limit: 2');
  });

  test('are given back as far as a call has used less than it might', async () => {
    const rules = [aKeyRule({ tokensPerMinute: 1_000 })];
    for (let call = 0; call < 40; call += 1) end(await admit(rules), 10);
    expect(headersOf(await admit(rules))['x-ratelimit-api_key-limit-tokens']).toBe('1000');
  });
});

describe('parallel requests', () => {
  test('are refused above the limit and admitted again when one has ended', async () => {
    const rules = [aKeyRule({ maxParallelRequests: 2 })];
    const first = await admit(rules);
    await admit(rules);
    const error = await refusal(admit(rules));
    expect(error.message).toContain('Limit type: max_parallel_requests. Current limit: 2');
    expect(error.headers['retry-after']).toBe('1');
    end(first);
    await admit(rules);
  });

  test('never leak, whatever happens to the calls', async () => {
    const rules = [aKeyRule({ maxParallelRequests: 5 })];
    for (let call = 0; call < 2_000; call += 1) {
      const running = await admit(rules);
      end(running);
      end(running);
    }
    const all = await Promise.all(Array.from({ length: 5 }, () => admit(rules)));
    await refusal(admit(rules));
    all.forEach((one) => end(one));
  });
});

describe('the headers of an answer', () => {
  test('name each limit and what is left of it', async () => {
    const rules = [
      aKeyRule({ requestsPerMinute: 10, maxParallelRequests: 3 }),
      aKeyRule({ scope: 'team:red', requestsPerMinute: 5, tokensPerMinute: 9_000 }),
      aKeyRule({ model: 'gpt-4', requestsPerMinute: 7 }),
    ];
    expect(headersOf(await admit(rules))).toMatchObject({
      'x-ratelimit-api_key-limit-requests': '10',
      'x-ratelimit-api_key-remaining-requests': '9',
      'x-ratelimit-api_key-limit-max_parallel_requests': '3',
      'x-ratelimit-api_key-remaining-max_parallel_requests': '2',
      'x-ratelimit-team-limit-requests': '5',
      'x-ratelimit-team-remaining-requests': '4',
      'x-ratelimit-team-limit-tokens': '9000',
      'x-ratelimit-model_per_key-remaining-requests': '6',
      'x-ratelimit-limit-requests': '5',
      'x-ratelimit-remaining-requests': '4',
      'x-litellm-key-rpm-limit': '10',
      'x-litellm-key-remaining-requests-gpt-4': '6',
    });
  });

  test('count down one by one', async () => {
    const rules = [aKeyRule({ requestsPerMinute: 5 })];
    const remaining: unknown[] = [];
    for (let call = 0; call < 5; call += 1) {
      remaining.push(headersOf(await admit(rules))['x-ratelimit-remaining-requests']);
    }
    expect(remaining).toEqual(['4', '3', '2', '1', '0']);
  });

  test('repeat what the upstream says of itself, as far as it is a number', async () => {
    const admitted = await admit([aKeyRule({ requestsPerMinute: 5 })]);
    const upstream = { 'x-ratelimit-limit-requests': '60', 'x-ratelimit-remaining-requests': 'many' };
    expect(headersOf(admitted, upstream)).toMatchObject({
      'x-ratelimit-limit-requests': '60',
      'x-ratelimit-remaining-requests': '4',
    });
  });

  test('tell limits of one name once', async () => {
    const rules = ['a', 'b'].map((tag) => aKeyRule({ scope: `tag:${tag}`, requestsPerMinute: 5 }));
    expect(headersOf(await admit(rules))).toMatchObject({ 'x-ratelimit-tag-limit-requests': '5' });
  });

  test('say nothing where nothing is limited', async () => {
    expect(headersOf(await admit([]))).toEqual({});
  });

  test('say that a budget could not bound the call', async () => {
    const admitted = await admit([aKeyRule({ maxBudgetPicoUsd: 10n })], { uncapped: true });
    expect(headersOf(admitted)['x-litellm-budget-rule']).toBe('soft');
  });
});
