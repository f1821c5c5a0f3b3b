import { createHash } from 'node:crypto';
import { beforeAll, describe, expect } from '@jest/globals';
import { type Answer, pause, stringOf, until } from './harness.ts';
import { suite, test } from './harness/suite.ts';

const parts = suite();
/** 8 tokens in, 5 out. */
const ONE_CALL_USD = 0.000018;
const generate = (fields: object): Promise<Answer> => parts.gateway.ask('/key/generate', { body: fields });
const errorOf = ({ status, json }: Answer): unknown => [status, json?.error?.type];

describe('a new key', () => {
  test('is answered with everything that was stored, and shown whole only here', async () => {
    const answer = await generate({
      models: ['gpt-4'],
      user_id: 'ada',
      max_budget: 5,
      duration: '2h',
      key_alias: 'ada-laptop',
      metadata: { purpose: 'tests', nested: { a: [1] } },
    });
    const key = stringOf(answer.json?.key);
    const hash = createHash('sha256').update(key).digest('hex');
    expect(answer.status).toBe(200);
    expect(key).toMatch(/^sk-[\w-]{32,}$/);
    expect(answer.json).toMatchObject({
      token: hash,
      key_name: `sk-...${key.slice(-4)}`,
      key_alias: 'ada-laptop',
      models: ['gpt-4'],
      user_id: 'ada',
      max_budget: 5,
      metadata: { purpose: 'tests', nested: { a: [1] } },
    });
    expect(Date.parse(stringOf(answer.json?.expires)) - Date.now()).toBeGreaterThan(7_100_000);
    const info = await parts.gateway.ask(`/key/info?key=${hash}`);
    expect(info.json?.info).toMatchObject({ key_alias: 'ada-laptop', user_id: 'ada', spend: 0 });
    expect(info.text).not.toContain(key);
  });

  test('is valid for an empty request, and knows itself', async () => {
    const key = await parts.gateway.key({});
    const info = await parts.gateway.ask('/key/info', { key });
    expect(info.status).toBe(200);
    expect(info.json?.info?.key_name).toBe(`sk-...${key.slice(-4)}`);
  });

  test('may be one’s own choice when it is long enough, once', async () => {
    const chosen = 'sk-chosen-by-hand-4f9a1c7e';
    expect((await generate({ key: chosen })).json?.key).toBe(chosen);
    expect((await parts.gateway.chat({}, { key: chosen })).status).toBe(200);
  });

  test('cannot take an alias that is taken', async () => {
    await generate({ key_alias: 'unique' });
    const again = await generate({ key_alias: 'unique' });
    expect(again.status).toBe(400);
    expect(again.json?.error?.param).toBe('key_alias');
  });

  test('is made by nobody but an administrator', async () => {
    const key = await parts.gateway.key({});
    expect(errorOf(await parts.gateway.ask('/key/generate', { key, body: {} }))).toEqual([403, 'auth_error']);
    expect((await parts.gateway.http.ask('/key/generate', { body: {} })).status).toBe(401);
  });
});

describe('a key', () => {
  test('ends with its duration', async () => {
    const key = await parts.gateway.key({ duration: '1s' });
    expect((await parts.gateway.chat({}, { key })).status).toBe(200);
    await pause(1_100);
    expect(errorOf(await parts.gateway.chat({}, { key }))).toEqual([401, 'expired_key']);
  });

  test('is refused from the next call on once it is deleted, by key, hash or alias', async () => {
    const keys = await Promise.all([generate({}), generate({}), generate({ key_alias: 'to-go' })]);
    const [plain, hash] = [stringOf(keys[0].json?.key), stringOf(keys[1].json?.token)];
    for (const body of [{ keys: [plain] }, { keys: [hash] }, { key_aliases: ['to-go'] }]) {
      expect((await parts.gateway.ask('/key/delete', { body })).status).toBe(200);
    }
    for (const { json } of keys) {
      const refused = await parts.gateway.chat({}, { key: stringOf(json?.key) });
      expect(errorOf(refused)).toEqual([401, 'token_not_found_in_db']);
    }
    expect((await parts.gateway.ask('/key/delete', { body: { keys: [plain] } })).status).toBe(404);
  });

  test('is refused once its spend has reached its budget, and SDKs are told not to come back', async () => {
    const key = await parts.gateway.key({ max_budget: 0.00015 });
    const answers: Answer[] = [];
    for (let i = 0; i < 12; i += 1) answers.push(await parts.gateway.chat({ max_tokens: 5 }, { key }));
    const refused = answers.at(-1);
    expect(answers[0]?.status).toBe(200);
    expect(refused?.status).toBe(429);
    expect(refused?.headers['x-should-retry']).toBe('false');
    expect(refused?.json?.error).toMatchObject({
      type: 'budget_exceeded',
      message: expect.stringContaining('Budget has been exceeded'),
    });
    const info = await until('the spend is known', async () => {
      const { json } = await parts.gateway.ask('/key/info', { key });
      return Number(json?.info?.spend) > 0 && json;
    });
    expect(Number(info.info?.spend)).toBeLessThanOrEqual(0.00005 + ONE_CALL_USD);
  });

  test('reads its own rows and nobody else’s', async () => {
    const [mine, other] = await Promise.all([parts.gateway.key({}), parts.gateway.key({})]);
    const answer = await parts.gateway.chat({}, { key: mine });
    const id = stringOf(answer.json?.id);
    await parts.gateway.row(id);
    const asked = async (key: string) =>
      (await parts.gateway.ask(`/spend/logs?request_id=${id}`, { key })).json;
    expect(await asked(mine)).toHaveLength(1);
    expect(await asked(other)).toEqual([]);
  });
});

describe('spend', () => {
  beforeAll(async () => {
    const key = await parts.gateway.key({ user_id: 'sums' });
    for (let i = 0; i < 3; i += 1) await parts.gateway.chat({}, { key });
    await parts.gateway.rows({ user_id: 'sums' }, 3);
  });

  test('is found by user and by key, plain or hashed', async () => {
    const [row] = await parts.gateway.rows({ user_id: 'sums' }, 3);
    const byHash = await parts.gateway.rows({ api_key: stringOf(row?.api_key) }, 3);
    expect(byHash).toHaveLength(3);
  });

  test('adds up per day', async () => {
    const today = new Date().toISOString().slice(0, 10);
    const rows = await parts.gateway.rows({ user_id: 'sums' }, 3);
    const total = rows.reduce((sum, row) => sum + Number(row.spend), 0);
    const { json } = await parts.gateway.ask(
      `/spend/logs?start_date=${today}&end_date=${today}&user_id=sums`,
    );
    expect(json?.[0]?.startTime).toBe(today);
    expect(Number(json?.[0]?.users?.sums)).toBeCloseTo(total, 12);
  });
});
