import { describe, expect, test } from '@jest/globals';
import { type Call } from '@app/call';
import { type ModelEntry } from '@app/config';
import { aCall, aCaller, anOutcome } from '@testing/call';
import { type Field, aField } from '../testing.js';

let field: Field;

describe('the strategies', () => {
  /** How often each came first in 3,000 calls. */
  function often(): Map<string | undefined, number> {
    const counts = new Map<string | undefined, number>();
    for (let i = 0; i < 3_000; i += 1) {
      const id = field.firstOf();
      counts.set(id, (counts.get(id) ?? 0) + 1);
    }
    return counts;
  }

  test('simple-shuffle shares by weight among those that are left', () => {
    field = aField([{ weight: 3 }, { weight: 1 }]);
    expect((often().get('a') ?? 0) / 3_000).toBeCloseTo(0.75, 1);
    field.fail('a', 401);
    expect([...often()]).toEqual([['b', 3_000]]);
  });

  test('least-busy asks who has fewest calls in flight', () => {
    field = aField([{}, {}, {}], { routingStrategy: 'least-busy' });
    field.begin('a');
    field.begin('a');
    field.begin('b').ended(anOutcome());
    field.begin('c');
    expect(field.idsIn()).toEqual(['b', 'c', 'a']);
  });

  test('usage-based-routing-v2 asks who has used fewest tokens this minute', () => {
    field = aField([{}, {}], { routingStrategy: 'usage-based-routing-v2' });
    field.begin('a').ended(anOutcome());
    expect(field.idsIn()).toEqual(['b', 'a']);
    field.nowMs += 60_000;
    expect(often().size).toBe(2);
  });

  test('latency-based-routing asks who was never asked, then who is quickest', () => {
    field = aField([{}, {}, {}], { routingStrategy: 'latency-based-routing' });
    const slow = field.begin('a');
    const quick = field.begin('b');
    field.nowMs += 100;
    quick.ended(anOutcome());
    field.nowMs += 900;
    slow.ended(anOutcome());
    expect(field.idsIn()).toEqual(['c', 'b', 'a']);
  });

  test('cost-based-routing asks the cheapest', () => {
    const priced = (input: string, output: string): Partial<ModelEntry> => ({
      prices: { input_cost_per_token: input, output_cost_per_token: output },
    });
    field = aField([priced('0.000003', '0.000001'), priced('0.000001', '0.000002'), {}], {
      routingStrategy: 'cost-based-routing',
    });
    expect(field.idsIn()).toEqual(['c', 'b', 'a']);
  });

  test('lower orders go first, higher ones when those are gone', () => {
    field = aField([{}, { order: 2 }, { order: 1 }]);
    expect(field.firstOf()).toBe('c');
    expect(
      field.picker.pick(field.route, aCall(), new Set([field.memberOf('c').deployment]))?.deployment.id,
    ).toBe('b');
    field.fail('c', 401);
    expect(field.firstOf()).toBe('b');
  });
});

describe('tags', () => {
  function tagged(matchAny = true): void {
    field = aField([{ tags: ['free'] }, { tags: ['paid', 'eu'] }, { tags: ['default'] }], {
      enableTagFiltering: true,
      tagFilteringMatchAny: matchAny,
    });
  }
  const by = (...tags: string[]): string[] => field.idsIn(aCall({ tags })).sort();

  test('lead to deployments that have one of them', () => {
    tagged();
    expect([by('free'), by('paid', 'x'), by('free', 'eu')]).toEqual([['a'], ['b'], ['a', 'b']]);
  });

  test('lead to deployments that have all of them, where that is asked for', () => {
    tagged(false);
    expect([by('paid', 'eu'), by('paid', 'x')]).toEqual([['b'], ['c']]);
  });

  test('that nobody has, and no tags, lead to the default', () => {
    tagged();
    expect([by('x'), by()]).toEqual([['c'], ['c']]);
  });

  test('that nobody has are refused where there is no default', () => {
    field = aField([{ tags: ['free'] }, {}], { enableTagFiltering: true });
    expect(() => by('x')).toThrow('Not allowed to access model due to tags configuration');
    expect(by()).toEqual(['a', 'b']);
  });

  test('mean nothing where filtering is off', () => {
    field = aField([{ tags: ['free'] }, {}]);
    expect(by('x')).toEqual(['a', 'b']);
  });
});

describe('sessions', () => {
  const named = (session: string): Call =>
    aCall({
      wishes: {
        session,
        fallbacks: null,
        contextWindowFallbacks: null,
        numRetries: null,
        streamTimeoutMs: null,
      },
    });

  test('stay at one deployment, and only those of a lost one move', () => {
    field = aField([{}, {}, {}]);
    const sessions = Array.from({ length: 300 }, (_, index) => named(`s${index}`));
    const before = sessions.map((call) => field.firstOf(call));
    expect(sessions.map((call) => field.firstOf(call))).toEqual(before);
    expect(new Set(before).size).toBe(3);
    field.fail('a', 401);
    const after = sessions.map((call) => field.firstOf(call));
    expect(after.filter((id, index) => id !== before[index]).length).toBe(
      before.filter((id) => id === 'a').length,
    );
  });

  test('spread by weight', () => {
    field = aField([{ weight: 9 }, { weight: 1 }]);
    const ids = Array.from({ length: 2_000 }, (_, index) => field.firstOf(named(`s${index}`)));
    expect(ids.filter((id) => id === 'a').length / 2_000).toBeCloseTo(0.9, 1);
  });

  test('are known by how the conversation began, where that is switched on', () => {
    field = aField([{}, {}, {}, {}], { deploymentAffinity: true });
    const turn = (...contents: string[]): Call =>
      aCall({
        body: {
          model: 'gpt-4',
          messages: contents.map((content, i) => ({ role: i % 2 ? 'assistant' : 'user', content })),
        },
      });
    for (let i = 0; i < 20; i += 1) {
      expect(field.firstOf(turn(`hello ${i}`, 'hi', 'and now?'))).toBe(field.firstOf(turn(`hello ${i}`)));
    }
  });

  test('of two keys are two sessions', () => {
    field = aField([{}, {}, {}, {}]);
    const ids = Array.from({ length: 50 }, (_, index) =>
      field.firstOf({ ...named('same'), caller: aCaller({ keyHash: String(index) }) }),
    );
    expect(new Set(ids).size).toBeGreaterThan(1);
  });
});
