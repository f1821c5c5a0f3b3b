import { describe, expect, test } from '@jest/globals';
import { type Call, type JsonObject, NO_USAGE, type Outcome } from '@app/call';
import { aCall, aCaller, aDeployment, anOutcome } from '@testing/call';
import { begunText, endedText, identityText } from './call-lines.js';
import { MAX_LINE_BYTES } from './journal-line.js';
import { readPlan } from './plan-text.js';
import { WordTable } from './word-table.js';

function ended(outcome: Outcome, words = new WordTable()): JsonObject {
  return JSON.parse(identityText(outcome.call, words) + endedText(outcome, words)) as JsonObject;
}

const HOSTILE = '"},"cost":0,\\u0000\0\ud83d\n\u0001';

describe('the row of a call', () => {
  test('holds what happened and nothing that is zero', () => {
    const call = aCall({ callId: 'call-x', startedAt: new Date(1_767_225_600_123) });
    const words = new WordTable();
    expect(ended(anOutcome({ call }), words)).toEqual({
      id: call.id,
      at: 1_767_225_600_123,
      k: 1,
      r: 5,
      call: 'call-x',
      ip: '127.0.0.1',
      st: 200,
      ms: 10,
      cost: 37_500_000,
      d: 7,
      resp: 'chatcmpl-1',
      ttft: 5,
      ovh: 1,
      pt: 9,
      ct: 12,
    });
    expect(words.words.slice(1)).toEqual([
      ...[call.caller.keyHash, null, null, null],
      ...['acompletion', '/v1/chat/completions'],
      ...['deployment-1', 'qwen3-30b-a3b', 'gpt-4', 'openai', 'http://127.0.0.1:9/v1', 'test'],
    ]);
  });

  test('names key, alias, user and team', () => {
    const caller = aCaller({ keyHash: 'hash', keyAlias: 'alias', userId: 'user', teamId: 'team' });
    const words = new WordTable();
    identityText(aCall({ caller }), words);
    expect(words.words.slice(1, 5)).toEqual(['hash', 'alias', 'user', 'team']);
  });

  test('holds end user, tags, streaming, errors and estimates', () => {
    const call = aCall({ endUser: 'Ann', tags: ['a', 'b'], stream: true });
    const usage = {
      ...NO_USAGE,
      cachedTokens: 3,
      reasoningTokens: 4,
      audioSeconds: 1.2345,
      characters: 6,
      estimated: true,
    };
    const row = ended(
      anOutcome({ call, usage, status: 502, errorType: 'upstream_error', errorMessage: 'gone' }),
    );
    expect(row).toMatchObject({
      ...{ eu: 'Ann', tags: ['a', 'b'], str: true, cch: 3, rt: 4, aud: 1235, chr: 6, est: true },
      ...{ st: 502, err: 'upstream_error', msg: 'gone' },
    });
  });

  test('holds what was written to a prompt cache', () => {
    const usage = { ...NO_USAGE, promptTokens: 9, cacheWriteTokens: 5, cacheWriteHourTokens: 2 };
    expect(ended(anOutcome({ usage }))).toMatchObject({ cw: 5, cwh: 2 });
    expect(ended(anOutcome())).not.toHaveProperty('cw');
  });

  test('names the model that was asked for where it is not the group that answered', () => {
    const deployment = aDeployment({ modelGroup: 'openai/*' });
    expect(ended(anOutcome({ call: aCall({ model: 'openai/x' }), deployment })).asked).toBe('openai/x');
    expect(ended(anOutcome({ deployment: null })).asked).toBe('gpt-4');
    expect(ended(anOutcome()).asked).toBeUndefined();
  });

  test('an amount beyond the precision of doubles is written out', () => {
    const words = new WordTable();
    expect(endedText(anOutcome({ costPicoUsd: 999_999_999_999_999_999n }), words)).toContain(
      '"cost":999999999999999999',
    );
  });

  test('a deployment without any price is marked', () => {
    const price = { ...aDeployment().price, inputPerTokenPicoUsd: null, outputPerTokenPicoUsd: null };
    expect(ended(anOutcome({ deployment: aDeployment({ price }) })).np).toBe(true);
    expect(ended(anOutcome()).np).toBeUndefined();
  });

  test('tells of attempts only where there were several or one failed', () => {
    const attempt = { deploymentId: 'd1', status: 200, startedAtMs: 0, durationMs: 5, error: null };
    const call = aCall({ startedAtMs: 0 });
    expect(ended(anOutcome({ call, attempts: [attempt] })).att).toBeUndefined();
    const failed = { ...attempt, status: 503, error: 'busy', errorType: 'upstream_error', durationMs: 3.7 };
    expect(ended(anOutcome({ call, attempts: [failed, { ...attempt, startedAtMs: 4 }] }))).toMatchObject({
      n: 2,
      att: [
        { d: 'd1', st: 503, at: 0, ms: 3, err: 'busy', et: 'upstream_error' },
        { d: 'd1', st: 200, at: 4, ms: 5, pt: 9, ct: 12, cost: 37_500_000 },
      ],
    });
  });

  test('says how long a call waited for its first try, and that a refused one was never sent', () => {
    const attempt = { deploymentId: 'd1', status: 200, startedAtMs: 12.9, durationMs: 5, error: null };
    const row = ended(anOutcome({ call: aCall({ startedAtMs: 0 }), attempts: [attempt] }));
    expect([row.queue, row.n, row.att]).toEqual([12, undefined, undefined]);
    expect(ended(anOutcome({ deployment: null, status: 429 })).n).toBe(0);
  });

  test('names the plan by number, once for all calls that are planned alike', () => {
    const words = new WordTable();
    const plan = { group: 'gpt-4', by: 'least-busy', deployments: ['a', 'b'], fallbacks: ['c'] };
    const [one, other] = [plan, { ...plan }].map(
      (each) => (JSON.parse(`{"id":""${endedText(anOutcome({ plan: each }), words)}`) as JsonObject).pl,
    );
    expect(one).toBe(other);
    expect(readPlan(words.words[Number(one)] ?? null)).toEqual(plan);
  });

  test('text of clients can neither break out nor hold what PostgreSQL refuses', () => {
    const call = aCall({
      callId: HOSTILE,
      endUser: HOSTILE,
      tags: [HOSTILE],
      model: HOSTILE,
      clientAddress: HOSTILE,
    });
    const row = ended(
      anOutcome({ call, responseId: HOSTILE, errorType: HOSTILE, errorMessage: HOSTILE, costPicoUsd: 5n }),
    );
    const clean = HOSTILE.replaceAll('\0', '').toWellFormed();
    expect(row).toMatchObject({
      cost: 5,
      call: clean,
      eu: clean,
      tags: [clean],
      asked: clean,
      resp: clean,
      msg: clean,
    });
  });

  test('the longest possible row fits its buffer', () => {
    const long = '\u0001'.repeat(100_000);
    const attempt = { deploymentId: long, status: 500, startedAtMs: 1, durationMs: 1, error: long };
    const call = aCall({
      callId: long,
      endUser: long,
      tags: Array.from({ length: 500 }, () => long),
      model: long,
    });
    const words = new WordTable();
    const outcome = anOutcome({
      ...{ call, responseId: long, errorType: long, errorMessage: long },
      attempts: Array.from({ length: 100 }, () => attempt),
    });
    const text = identityText(call, words) + endedText(outcome, words);
    expect(Buffer.byteLength(text)).toBeLessThan(MAX_LINE_BYTES - 100);
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY, -1, 1e300])(
    'a duration or count of %p still makes JSON',
    (odd) => {
      const usage = { ...NO_USAGE, promptTokens: odd, completionTokens: odd, audioSeconds: odd };
      expect(() =>
        ended(anOutcome({ usage, durationMs: odd, overheadMs: odd, timeToFirstTokenMs: odd })),
      ).not.toThrow();
    },
  );
});

describe('the beginning of a call', () => {
  const begun = (call: Call, ...rest: [bigint, ReturnType<typeof aDeployment>?]) => {
    const words = new WordTable();
    return JSON.parse(identityText(call, words) + begunText(call, words, ...rest)) as JsonObject;
  };

  test('holds what is needed to settle it without its end', () => {
    const call = aCall();
    expect(begun(call, 77n, aDeployment())).toMatchObject({
      ...{ id: call.id, asked: 'gpt-4', res: 77, pe: Math.ceil(call.bodyBytes / 4), d: 7 },
      ...{ pi: 1_500_000, po: 2_000_000, pr: 0 },
    });
  });

  test('without a plan it knows no price', () => {
    expect(begun(aCall(), 77n).pi).toBeUndefined();
  });
});
