import { beforeEach, describe, expect, test } from '@jest/globals';
import { type Call, RateLimitError, UpstreamError } from '@app/call';
import { type ModelEntry, type RouterSettings } from '@app/config';
import { aCall, aCaller, anOutcome } from '@testing/call';
import { aConfigStore, aModelEntry } from '@testing/config';
import { type Route } from './call-plan.js';
import { type DeploymentAttempt } from './deployment-attempt.js';
import { DeploymentPicker } from './deployment-picker.js';
import { judgeFailure } from './judge-failure.js';
import { type GroupMember } from './model-table.js';
import { aRoutingService, seededRandom } from './testing.js';

let now: number;
let picker: DeploymentPicker;
let route: Route;

/** A group of deployments `a`, `b`, … and a picker for it. */
function group(members: readonly Partial<ModelEntry>[], router: Partial<RouterSettings> = {}): void {
  now = 60_000;
  const models = members.map((changes, index) =>
    aModelEntry({ ...changes, modelInfo: { id: String.fromCharCode(97 + index) } }),
  );
  const config = { models, router };
  route = aRoutingService(config).plan(aCall()).route;
  picker = new DeploymentPicker(aConfigStore(config), seededRandom(1), () => now);
}

const memberOf = (id: string): GroupMember => {
  const found = route.group.members.find(({ deployment }) => deployment.id === id);
  if (!found) throw new Error(`no ${id}`);
  return found;
};
const begin = (id: string): DeploymentAttempt => picker.begin(memberOf(id), route.group);
const idsIn = (call: Call = aCall()): string[] =>
  picker.order(route.group, call).map((member) => member.deployment.id);
const firstOf = (call: Call = aCall()): string | undefined => picker.pick(route, call)?.deployment.id;

function fail(id: string, status = 503, headers: Record<string, string> = {}): void {
  const error = new UpstreamError(status, 'no', status >= 429, { headers });
  begin(id).failed(error, judgeFailure(error, 0));
}
const failOften = (id: string): void => {
  for (let i = 0; i < 5; i += 1) fail(id);
};

describe('a deployment that fails', () => {
  beforeEach(() => group([{}, {}, {}]));

  test('is left out after four failures, until its rest is over', () => {
    failOften('a');
    expect(idsIn().sort()).toEqual(['b', 'c']);
    now += 5_000;
    expect(idsIn().sort()).toEqual(['a', 'b', 'c']);
  });

  test('is left out at once when it has enough to do, for as long as it says', () => {
    fail('a', 429, { 'retry-after': '60' });
    now += 59_999;
    expect(idsIn().sort()).toEqual(['b', 'c']);
    now += 1;
    expect(idsIn().sort()).toEqual(['a', 'b', 'c']);
  });

  test('is left out at once when it refuses our key', () => {
    fail('a', 401);
    expect(idsIn().sort()).toEqual(['b', 'c']);
  });

  test('is not left out for requests that are wrong', () => {
    for (const status of [400, 403, 404, 413, 422]) for (let i = 0; i < 10; i += 1) fail('a', status);
    expect(idsIn()).toHaveLength(3);
  });

  test('is asked by one call alone after its rest, and is back when that succeeds', () => {
    failOften('a');
    now += 5_000;
    const probe = begin('a');
    expect(idsIn().sort()).toEqual(['b', 'c']);
    probe.answered();
    expect(idsIn()).toHaveLength(3);
  });

  test('is asked again by the next call when the client of the first left', () => {
    failOften('a');
    now += 5_000;
    begin('a').ended(anOutcome({ status: 499 }));
    expect(idsIn()).toHaveLength(3);
  });

  test('counts streams that broke in the middle', () => {
    for (let i = 0; i < 5; i += 1) {
      const attempt = begin('a');
      attempt.answered();
      attempt.ended(anOutcome({ status: 502 }));
    }
    expect(idsIn().sort()).toEqual(['b', 'c']);
  });

  test('never takes more than half of its group with it', () => {
    for (const id of ['a', 'b', 'c']) failOften(id);
    expect(idsIn().sort()).toEqual(['b', 'c']);
  });

  test('is never left out when it is the only one', () => {
    group([{}]);
    failOften('a');
    fail('a', 429, { 'retry-after': '60' });
    expect(firstOf()).toBe('a');
  });

  test('is never left out where nobody is to rest', () => {
    group([{}, {}, {}], { cooldownMs: 0 });
    failOften('a');
    fail('a', 429, { 'retry-after': '60' });
    expect(idsIn()).toHaveLength(3);
  });

  test('rests as long as its own entry says', () => {
    group([{ cooldownMs: 1_000 }, {}]);
    failOften('a');
    now += 1_000;
    expect(idsIn()).toHaveLength(2);
  });
});

describe('the strategies', () => {
  const often = (): Map<string | undefined, number> =>
    Map.groupBy(
      Array.from({ length: 3_000 }, () => firstOf()),
      (id) => id,
    )
      .entries()
      .reduce((counts, [id, found]) => counts.set(id, found.length), new Map<string | undefined, number>());

  test('simple-shuffle shares by weight among those that are left', () => {
    group([{ weight: 3 }, { weight: 1 }]);
    expect((often().get('a') ?? 0) / 3_000).toBeCloseTo(0.75, 1);
    fail('a', 401);
    expect([...often()]).toEqual([['b', 3_000]]);
  });

  test('least-busy asks who has fewest calls in flight', () => {
    group([{}, {}, {}], { routingStrategy: 'least-busy' });
    begin('a');
    begin('a');
    begin('b').ended(anOutcome());
    begin('c');
    expect(idsIn()).toEqual(['b', 'c', 'a']);
  });

  test('usage-based-routing-v2 asks who has used fewest tokens this minute', () => {
    group([{}, {}], { routingStrategy: 'usage-based-routing-v2' });
    begin('a').ended(anOutcome());
    expect(idsIn()).toEqual(['b', 'a']);
    now += 60_000;
    expect(often().size).toBe(2);
  });

  test('latency-based-routing asks who was never asked, then who is quickest', () => {
    group([{}, {}, {}], { routingStrategy: 'latency-based-routing' });
    const slow = begin('a');
    const quick = begin('b');
    now += 100;
    quick.ended(anOutcome());
    now += 900;
    slow.ended(anOutcome());
    expect(idsIn()).toEqual(['c', 'b', 'a']);
  });

  test('cost-based-routing asks the cheapest', () => {
    const priced = (input: string, output: string): Partial<ModelEntry> => ({
      prices: { input_cost_per_token: input, output_cost_per_token: output },
    });
    group([priced('0.000003', '0.000001'), priced('0.000001', '0.000002'), {}], {
      routingStrategy: 'cost-based-routing',
    });
    expect(idsIn()).toEqual(['c', 'b', 'a']);
  });

  test('lower orders go first, higher ones when those are gone', () => {
    group([{}, { order: 2 }, { order: 1 }]);
    expect(firstOf()).toBe('c');
    expect(picker.pick(route, aCall(), new Set([memberOf('c').deployment]))?.deployment.id).toBe('b');
    fail('c', 401);
    expect(firstOf()).toBe('b');
  });
});

describe('limits of a deployment', () => {
  test('on calls in flight hold for every strategy', () => {
    group([{ maxParallelRequests: 1 }]);
    const attempt = begin('a');
    expect(firstOf()).toBeUndefined();
    expect(picker.noneFor(route)).toBeInstanceOf(RateLimitError);
    attempt.ended(anOutcome());
    expect(firstOf()).toBe('a');
  });

  test.each([{ routingStrategy: 'usage-based-routing-v2' }, { enablePreCallChecks: true }])(
    'on requests and tokens a minute hold with %j',
    (router) => {
      group([{ rpm: 1 }, { tpm: 21 }], router);
      begin('a').ended(anOutcome());
      begin('b').ended(anOutcome());
      expect(firstOf()).toBeUndefined();
      now += 60_000;
      expect(firstOf()).toBeDefined();
    },
  );

  test('on requests a minute are shares alone with simple-shuffle', () => {
    group([{ rpm: 1 }]);
    begin('a').ended(anOutcome());
    expect(firstOf()).toBe('a');
  });

  test('on the length of prompts refuse what nobody takes, with pre-call checks', () => {
    group([{ modelInfo: {} }], { enablePreCallChecks: true });
    const long = aCall({ body: { model: 'gpt-4', messages: [{ role: 'user', content: 'x'.repeat(500) }] } });
    const small: Route = {
      ...route,
      group: { ...route.group, deployments: [{ ...memberOf('a').deployment, maxInputTokens: 100 }] },
    };
    expect(() => picker.checkLength(small, long)).toThrow(
      expect.objectContaining({ status: 400, code: 'context_length_exceeded' }),
    );
    expect(() => picker.checkLength(small, aCall())).not.toThrow();
  });

  test('tell when to come back', () => {
    group([{}, {}]);
    fail('a', 429, { 'retry-after': '30' });
    expect(picker.noneFor(route)).toMatchObject({
      status: 429,
      headers: { 'retry-after': '30' },
      message: 'No deployments available for selected model, Try again in 30 seconds. Passed model=gpt-4.',
    });
  });
});

describe('tags', () => {
  const tagged = (matchAny = true): void =>
    group([{ tags: ['free'] }, { tags: ['paid', 'eu'] }, { tags: ['default'] }], {
      enableTagFiltering: true,
      tagFilteringMatchAny: matchAny,
    });
  const by = (...tags: string[]): string[] => idsIn(aCall({ tags })).sort();

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
    group([{ tags: ['free'] }, {}], { enableTagFiltering: true });
    expect(() => by('x')).toThrow('Not allowed to access model due to tags configuration');
    expect(by()).toEqual(['a', 'b']);
  });

  test('mean nothing where filtering is off', () => {
    group([{ tags: ['free'] }, {}]);
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
    group([{}, {}, {}]);
    const sessions = Array.from({ length: 300 }, (_, index) => named(`s${index}`));
    const before = sessions.map(firstOf);
    expect(sessions.map(firstOf)).toEqual(before);
    expect(new Set(before).size).toBe(3);
    fail('a', 401);
    const after = sessions.map(firstOf);
    expect(after.filter((id, index) => id !== before[index]).length).toBe(
      before.filter((id) => id === 'a').length,
    );
  });

  test('spread by weight', () => {
    group([{ weight: 9 }, { weight: 1 }]);
    const ids = Array.from({ length: 2_000 }, (_, index) => firstOf(named(`s${index}`)));
    expect(ids.filter((id) => id === 'a').length / 2_000).toBeCloseTo(0.9, 1);
  });

  test('are known by how the conversation began, where that is switched on', () => {
    group([{}, {}, {}, {}], { deploymentAffinity: true });
    const turn = (...contents: string[]): Call =>
      aCall({
        body: {
          model: 'gpt-4',
          messages: contents.map((content, i) => ({ role: i % 2 ? 'assistant' : 'user', content })),
        },
      });
    for (let i = 0; i < 20; i += 1) {
      expect(firstOf(turn(`hello ${i}`, 'hi', 'and now?'))).toBe(firstOf(turn(`hello ${i}`)));
    }
  });

  test('of two keys are two sessions', () => {
    group([{}, {}, {}, {}]);
    const ids = Array.from({ length: 50 }, (_, index) =>
      firstOf({ ...named('same'), caller: aCaller({ keyHash: String(index) }) }),
    );
    expect(new Set(ids).size).toBeGreaterThan(1);
  });
});
