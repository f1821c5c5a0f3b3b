import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type Outcome } from '@app/call';
import { aCall, aCaller, aDeployment, anOutcome } from '@testing/call';
import { aTestDatabase, type TestDatabase } from '@testing/database';
import { endedText, identityText } from './call-lines.js';
import { type RowSlice, toSlice } from './segment-reader.js';
import { SpendConnection } from './spend-connection.js';
import { SpendWriter } from './spend-writer.js';
import { aRowId, sumsOf } from './testing.js';
import { WordTable } from './word-table.js';

let database: TestDatabase;
let connections: SpendConnection[];

function aWriter(): SpendWriter {
  const connection = new SpendConnection(database.url);
  connections.push(connection);
  return new SpendWriter(connection);
}

function sliceOf(
  outcomes: readonly Outcome[],
  change: (text: string, index: number) => string = (text) => text,
): RowSlice {
  const words = new WordTable();
  const texts = outcomes.map((outcome, index) =>
    change(identityText(outcome.call, words) + endedText(outcome, words), index),
  );
  return toSlice(
    texts.map((text) => Buffer.from(text)),
    words.words,
  );
}

const DAY_MS = 86_400_000;
const KEYS = Array.from({ length: 12 }, (_, index) =>
  aCaller({
    keyHash: `hash ${index}`,
    userId: index % 3 ? `user ${index % 3}` : null,
    teamId: index % 2 ? 'team' : null,
  }),
);
const MODELS = ['a', 'b', 'c'].map((name) =>
  aDeployment({ id: name, upstreamModel: name, modelGroup: name }),
);
const pick = <T>(from: readonly T[]): T => from[Math.floor(Math.random() * from.length)] as T;

function randomOutcome(): Outcome {
  const call = aCall({
    id: aRowId(),
    caller: pick(KEYS),
    endUser: pick([null, 'Ann', 'Bob']),
    tags: pick([[], ['x'], ['x', 'y', 'x']]),
    startedAt: new Date(Date.now() - Math.floor(Math.random() * 3 * DAY_MS)),
  });
  const costPicoUsd = BigInt(Math.floor(Math.random() * 1e15));
  return anOutcome({ call, costPicoUsd, deployment: pick(MODELS), status: pick([200, 200, 500]) });
}
const randomOutcomes = (count: number) => Array.from({ length: count }, randomOutcome);

beforeEach(async () => {
  Logger.overrideLogger(false);
  connections = [];
  database = await aTestDatabase();
});
afterEach(async () => {
  await Promise.all(connections.map((connection) => connection.close()));
  await database.drop();
});

describe('writing rows', () => {
  test('every total is the exact sum of the rows', async () => {
    const outcomes = randomOutcomes(700);
    const result = await aWriter().write(sliceOf(outcomes));
    expect(result.inserted).toBe(700);
    const sum = (which: (outcome: Outcome) => boolean) =>
      outcomes.filter(which).reduce((total, { costPicoUsd }) => total + costPicoUsd, 0n);
    const all = sum(() => true);
    expect(await sumsOf(database)).toEqual({ rows: 700n, logs: all, daily: all, keys: all, hours: all });
    const expected = new Map(
      [...new Set(outcomes.map(({ call }) => `key:${call.caller.keyHash}`))].map((scope) => [
        scope,
        sum(({ call }) => `key:${call.caller.keyHash}` === scope),
      ]),
    );
    expected.set(
      'end_user:Ann',
      sum(({ call }) => call.endUser === 'Ann'),
    );
    for (const [scope, picoUsd] of expected) {
      expect([scope, result.totals.get(scope), result.settled.get(scope)]).toEqual([scope, picoUsd, picoUsd]);
    }
    const labels =
      await database.query(`SELECT label, sum(cost_pico_usd)::text AS cost, sum(requests)::int AS n
      FROM spend_daily_labels WHERE kind = 'tag' GROUP BY 1 ORDER BY 1`);
    expect(labels).toEqual(
      ['x', 'y'].map((tag) => ({
        label: tag,
        cost: String(sum(({ call }) => call.tags.includes(tag))),
        n: outcomes.filter(({ call }) => call.tags.includes(tag)).length,
      })),
    );
    const failed = await database.query('SELECT sum(failed)::int AS n FROM spend_daily');
    expect(failed).toEqual([{ n: outcomes.filter(({ status }) => status >= 400).length }]);
  });

  test('three times changes nothing but the first time', async () => {
    const slice = sliceOf(randomOutcomes(100));
    const writer = aWriter();
    const first = await writer.write(slice);
    const before = await sumsOf(database);
    const second = await writer.write(slice);
    await aWriter().write(slice);
    expect(await sumsOf(database)).toEqual(before);
    expect(second.inserted).toBe(0);
    expect(second.settled).toEqual(first.settled);
  });

  test('by several writers at once, in any order and grouping, counts each row once', async () => {
    const outcomes = randomOutcomes(400);
    const all = outcomes.reduce((total, { costPicoUsd }) => total + costPicoUsd, 0n);
    await Promise.all(
      Array.from({ length: 4 }, async (_, writerIndex) => {
        const writer = aWriter();
        const shuffled = outcomes.toSorted(() => Math.random() - 0.5);
        const size = 20 + writerIndex * 7;
        for (let at = 0; at < shuffled.length; at += size)
          await writer.write(sliceOf(shuffled.slice(at, at + size)));
      }),
    );
    expect(await sumsOf(database)).toEqual({ rows: 400n, logs: all, daily: all, keys: all, hours: all });
  });

  test('by eight writers over the same keys never deadlocks', async () => {
    await Promise.all(
      Array.from({ length: 8 }, async () => {
        const writer = aWriter();
        for (let round = 0; round < 15; round++) await writer.write(sliceOf(randomOutcomes(40)));
      }),
    );
    const [stat] = await database.query<{ deadlocks: string }>(
      'SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()',
    );
    expect(stat?.deadlocks).toBe('0');
    expect((await sumsOf(database)).rows).toBe(4_800n);
  });

  test('keeps the start of a call to the millisecond', async () => {
    const outcomes = Array.from({ length: 300 }, () => randomOutcome());
    await aWriter().write(sliceOf(outcomes));
    const rows = await database.query<{ id: string; at: string }>(
      'SELECT id, (extract(epoch FROM started_at) * 1000)::text AS at FROM spend_logs',
    );
    const starts = new Map(outcomes.map(({ call }) => [call.id, call.startedAt.getTime()]));
    for (const { id, at } of rows) expect(Number(at)).toBe(starts.get(id));
  });

  test('attempts stand in a table of their own', async () => {
    const call = aCall({ id: aRowId(), startedAtMs: 100 });
    const attempt = { deploymentId: 'a', status: 503, startedAtMs: 101, durationMs: 5, error: 'busy' };
    const attempts = [attempt, { ...attempt, deploymentId: 'b', status: 200, startedAtMs: 110, error: null }];
    await aWriter().write(
      sliceOf([anOutcome({ call, attempts }), anOutcome({ call: aCall({ id: aRowId() }) })]),
    );
    const columns = 'id, ordinal, deployment_id, status, begun_ms, duration_ms, error';
    expect(await database.query(`SELECT ${columns} FROM spend_attempts ORDER BY ordinal`)).toEqual([
      {
        id: call.id,
        ordinal: 1,
        deployment_id: 'a',
        status: 503,
        begun_ms: 1,
        duration_ms: 5,
        error: 'busy',
      },
      { id: call.id, ordinal: 2, deployment_id: 'b', status: 200, begun_ms: 10, duration_ms: 5, error: null },
    ]);
    expect(await database.query('SELECT attempts FROM spend_logs ORDER BY attempts')).toEqual([
      { attempts: 1 },
      { attempts: 2 },
    ]);
  });

  test('a word has one code, whoever learns it first', async () => {
    const outcomes = randomOutcomes(50);
    await Promise.all(Array.from({ length: 5 }, () => aWriter().write(sliceOf(outcomes))));
    const twice = await database.query('SELECT word FROM spend_words GROUP BY word HAVING count(*) > 1');
    expect(twice).toEqual([]);
  });

  test('a late row of last month makes its own partition', async () => {
    const startedAt = new Date(Date.now() - 35 * DAY_MS);
    const outcomes = [...randomOutcomes(20), anOutcome({ call: aCall({ id: aRowId(), startedAt }) })];
    expect((await aWriter().write(sliceOf(outcomes))).inserted).toBe(21);
    const name = `spend_logs_${startedAt.toISOString().slice(0, 10).replaceAll('-', '')}`;
    expect(await database.query(`SELECT count(*)::int AS n FROM ${name}`)).toEqual([{ n: 1 }]);
  });
});

describe('rows that cannot be', () => {
  test('are set aside with their words, and the others go in', async () => {
    const bad = new Map([
      [3, (text: string) => text.replace(/"cost":\d+/, '"cost":-1')],
      [77, (text: string) => text.replace(/"cost":\d+/, '"cost":1000000000000000000')],
      [78, (text: string) => text.replace(/"id":"[^"]*"/, '"id":"none"')],
      [150, (text: string) => text.replace(/"at":\d+/, '"at":99999999999999')],
      [199, (text: string) => text.replace('"pt":9', '"pt":1e99')],
    ]);
    const writer = aWriter();
    const outcomes = randomOutcomes(200);
    const slice = sliceOf(outcomes, (text, index) => bad.get(index)?.(text) ?? text);
    const result = await writer.write(slice);
    expect(result.inserted).toBe(195);
    expect(writer.deadRows).toBe(5);
    const good = outcomes
      .filter((_, index) => !bad.has(index))
      .reduce((sum, { costPicoUsd }) => sum + costPicoUsd, 0n);
    expect(await sumsOf(database)).toEqual({ rows: 195n, logs: good, daily: good, keys: good, hours: good });
    const letters = await database.query<{ reason: string; words: Record<string, string> }>(
      'SELECT reason, words FROM spend_dead_letters',
    );
    expect(letters.map(({ reason }) => reason).join()).toMatch(/cost_pico_usd/);
    for (const { words } of letters) expect(Object.values(words)).toContain('/v1/chat/completions');
  });

  test('are set aside once, however often they come', async () => {
    const slice = sliceOf([randomOutcome()], (text) => text.replace(/"cost":\d+/, '"cost":-1'));
    await aWriter().write(slice);
    await aWriter().write(slice);
    expect(await database.query('SELECT count(*)::int AS n FROM spend_dead_letters')).toEqual([{ n: 1 }]);
  });

  test('do not hold up a slice that is no JSON at all', async () => {
    const writer = aWriter();
    const { words } = sliceOf([]);
    const result = await writer.write({
      json: Buffer.from('[{"id":"x"}, {broken}]'),
      rows: 2,
      words,
      end: 0,
    });
    expect(result.inserted).toBe(0);
    expect(writer.deadRows).toBe(2);
  });

  test('the constraint on amounts stands in the database', async () => {
    const add = (cost: string) =>
      database.query(`INSERT INTO spend_logs (started_at, id, cost_pico_usd, duration_ms, prompt_tokens, cached_tokens,
        completion_tokens, reasoning_tokens, key_code, call_type_code, route_code, status, attempts, streamed, estimated,
        unpriced, provisional) VALUES (now(), gen_random_uuid(), ${cost}, 0, 0, 0, 0, 0, 1, 1, 1, 200, 1, false, false, false, false)`);
    await add('999999999999999999');
    await expect(add('-1')).rejects.toThrow('cost_pico_usd');
    await expect(add('1000000000000000000')).rejects.toThrow('cost_pico_usd');
    await expect(add(`'NaN'::float8`)).rejects.toThrow('bigint');
  });
});

describe('a row that was only supposed', () => {
  const provisional = (text: string) => `${text.slice(0, -1)},"est":true,"prov":true}`;

  test('gives way to what really happened, in every total', async () => {
    const call = aCall({ id: aRowId(), endUser: 'Ann', tags: ['x'] });
    const others = randomOutcomes(20);
    const writer = aWriter();
    await writer.write(
      sliceOf([anOutcome({ call, costPicoUsd: 999n, status: 500 }), ...others], (text, index) =>
        index === 0 ? provisional(text) : text,
      ),
    );
    const really = anOutcome({ call, costPicoUsd: 5n });
    await writer.write(sliceOf([...others, really]));
    const sum = 5n + others.reduce((total, { costPicoUsd }) => total + costPicoUsd, 0n);
    expect(await sumsOf(database)).toEqual({ rows: 21n, logs: sum, daily: sum, keys: sum, hours: sum });
    expect(await database.query(`SELECT status, estimated FROM spend_logs WHERE id = '${call.id}'`)).toEqual([
      { status: 200, estimated: false },
    ]);
    const failed = await database.query('SELECT sum(failed)::int AS n FROM spend_daily');
    expect(failed).toEqual([{ n: others.filter(({ status }) => status >= 400).length }]);
  });

  test('comes too late when what happened is known', async () => {
    const outcome = anOutcome({ call: aCall({ id: aRowId() }), costPicoUsd: 5n });
    const writer = aWriter();
    await writer.write(sliceOf([outcome]));
    await writer.write(sliceOf([{ ...outcome, costPicoUsd: 999n }], provisional));
    expect((await sumsOf(database)).logs).toBe(5n);
  });

  test('is replaced once when two find out at the same time', async () => {
    const call = aCall({ id: aRowId() });
    await aWriter().write(sliceOf([anOutcome({ call, costPicoUsd: 999n })], provisional));
    const really = sliceOf([anOutcome({ call, costPicoUsd: 5n })]);
    await Promise.all([1, 2, 3, 4].map(() => aWriter().write(really)));
    expect(await sumsOf(database)).toEqual({ rows: 1n, logs: 5n, daily: 5n, keys: 5n, hours: 5n });
  });
});
