import { describe, expect, test } from '@jest/globals';
import { type LimitRule } from '@app/call';
import { aRule } from '@testing/call';
import { limitBeyond, limitUnshared, modelBeyond, routeBeyond } from './narrower.js';

const CASES = 20_000;
const SEED = Number(process.env['SEED'] ?? Date.now() % 1_000_000);

/** Whole numbers below a bound, the same ones for the same seed. */
function randomOf(seed: number): (below: number) => number {
  let state = seed + 1;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const NAMES = ['a', 'ab', 'abc', 'b', 'ba', 'x/a', 'x/ab', 'x/b', 'y/a'];
const ENTRIES = [
  ...NAMES,
  '*',
  'a*',
  '*a',
  'x/*',
  'x/a*',
  '*b*',
  'a*c',
  'all-proxy-models',
  'no-default-models',
  'all-team-models',
];

/** What routing makes of a list, written down a second time and without cleverness. */
function grants(models: readonly string[], name: string): boolean {
  if (models.length === 0 || models.includes('*') || models.includes('all-proxy-models')) return true;
  return models.some((entry) => {
    if (entry === 'no-default-models' || entry === 'all-team-models') return false;
    const pattern = entry.split('*').map((part) => part.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&'));
    return new RegExp(`^${pattern.join('.*')}$`).test(name);
  });
}

describe('a list of models', () => {
  test(`that passes grants nothing more than its minter has (seed ${SEED})`, () => {
    const random = randomOf(SEED);
    const some = () => Array.from({ length: random(4) }, () => ENTRIES[random(ENTRIES.length)] ?? '');
    let passed = 0;
    for (let i = 0; i < CASES; i++) {
      const [granted, wanted] = [some(), some()];
      if (modelBeyond(granted, wanted) !== null) continue;
      passed++;
      for (const name of NAMES) {
        if (grants(wanted, name) && !grants(granted, name))
          throw new Error(
            `${JSON.stringify(wanted)} passed for ${JSON.stringify(granted)} and grants ${name}`,
          );
      }
    }
    expect(passed).toBeGreaterThan(CASES / 20);
  });

  test.each<[string[], string[], string | null]>([
    [['gpt-4'], ['gpt-4'], null],
    [['gpt-4'], ['gpt-5'], 'gpt-5'],
    [['gpt-4'], [], 'all-proxy-models'],
    [['gpt-4'], ['*'], 'all-proxy-models'],
    [['gpt-4'], ['all-team-models', 'no-default-models'], null],
    [['openai/*'], ['openai/gpt-4', 'openai/g*'], null],
    [['openai/gpt*'], ['openai/*'], 'openai/*'],
    [['a*c'], ['a*b'], 'a*b'],
    [['a*b*c'], ['axbyc'], null],
    [['ab*ba'], ['aba'], 'aba'],
    [[], ['anything'], null],
    [['all-proxy-models'], [], null],
  ])('%j lets %j pass but for %j', (granted, wanted, beyond) => {
    expect(modelBeyond(granted, wanted)).toBe(beyond);
  });
});

describe('allowed routes', () => {
  test.each<[string[], string[], string | null]>([
    [[], [], null],
    [['/v1/chat/completions'], [], '*'],
    [['/v1/chat/completions'], ['*'], '*'],
    [['/v1'], ['/v1/chat', '/v1/*'], null],
    [['/v1'], ['/v1*'], '/v1*'],
    [['/v1'], ['/v10'], '/v10'],
    [['/v1/*'], ['/v1/chat*'], null],
    [['/v1/*'], ['/v*'], '/v*'],
    [['llm_api_routes'], ['llm_api_routes'], null],
    [['llm_api_routes'], ['management_routes'], 'management_routes'],
    [['info_routes'], ['/key/generate'], '/key/generate'],
    [['*'], [], null],
  ])('%j let %j pass but for %j', (granted, wanted, beyond) => {
    expect(routeBeyond(granted, wanted)).toBe(beyond);
  });
});

describe('limits', () => {
  test.each<[Partial<LimitRule>, Partial<LimitRule> | null, string | null]>([
    [{ maxBudgetPicoUsd: 5n }, { maxBudgetPicoUsd: 5n }, null],
    [{ maxBudgetPicoUsd: 5n }, { maxBudgetPicoUsd: 6n }, 'max_budget'],
    [{ maxBudgetPicoUsd: 0n }, { maxBudgetPicoUsd: null, requestsPerMinute: 1 }, 'max_budget'],
    [{ maxBudgetPicoUsd: 5n }, null, 'max_budget'],
    [{ maxBudgetPicoUsd: 5n }, { maxBudgetPicoUsd: 5n, budgetDuration: '1d' }, 'budget_duration'],
    [
      { maxBudgetPicoUsd: 5n, budgetDuration: '7d' },
      { maxBudgetPicoUsd: 5n, budgetDuration: '1d' },
      'budget_duration',
    ],
    [{ maxBudgetPicoUsd: 5n, budgetDuration: '7d' }, { maxBudgetPicoUsd: 5n, budgetDuration: '1mo' }, null],
    [
      { maxBudgetPicoUsd: 5n, budgetDuration: '1mo' },
      { maxBudgetPicoUsd: 5n, budgetDuration: '29d' },
      'budget_duration',
    ],
    [{ maxBudgetPicoUsd: 5n, budgetDuration: '7d' }, { maxBudgetPicoUsd: 5n }, null],
    [{ requestsPerMinute: 0 }, { requestsPerMinute: 1 }, 'rpm_limit'],
    [{ tokensPerMinute: 5 }, { tokensPerMinute: 5 }, null],
    [{ maxParallelRequests: 2 }, { maxParallelRequests: null, tokensPerMinute: 1 }, 'max_parallel_requests'],
    [{ model: 'a', requestsPerMinute: 2 }, { requestsPerMinute: 1 }, 'model_rpm_limit'],
    [{ model: 'a', maxBudgetPicoUsd: 2n }, { model: 'a', maxBudgetPicoUsd: 3n }, 'model_max_budget'],
  ])('of %j let %j pass but for %j', (granted, wanted, field) => {
    expect(limitBeyond([aRule(granted)], wanted ? [aRule(wanted)] : [])).toBe(field);
  });

  test('of nobody let everything pass', () => {
    expect(limitBeyond([], [aRule({ maxBudgetPicoUsd: 10n ** 24n })])).toBeNull();
  });

  test.each<[Partial<LimitRule>, Partial<LimitRule>[], string | null]>([
    [{ maxBudgetPicoUsd: 5n }, [], 'max_budget'],
    [{ maxBudgetPicoUsd: 5n }, [{ requestsPerMinute: 5 }], 'max_budget'],
    [{ maxBudgetPicoUsd: 5n }, [{ maxBudgetPicoUsd: 100n }], null],
    [{ model: 'a', requestsPerMinute: 5 }, [{ model: 'b', requestsPerMinute: 5 }], 'model_rpm_limit'],
    [{ model: 'a', requestsPerMinute: 5 }, [{ requestsPerMinute: 50 }], null],
  ])('of %j under %j are shared but for %j', (own, outer, field) => {
    expect(limitUnshared([aRule(own)], outer.map(aRule))).toBe(field);
  });
});
