import { describe, expect, test } from '@jest/globals';
import { ANONYMOUS, type Caller } from '@app/call';
import { applyFields } from './key-fields.js';
import { type KeyEntity } from './key.entity.js';
import { NOBODY } from './key-reader.js';
import { copyOf } from './key-row.js';
import { fieldsBeyond, inheritLimits, type Minter } from './minter.js';
import { aKey, aSnapshot } from './testing.js';

const SEED = Number(process.env['SEED'] ?? Date.now() % 1_000_000);
/** CASES=50000 is the long form. */
const CASES = Number(process.env['CASES'] ?? 4_000);
const NOW = new Date();

const minterWith = (key: KeyEntity): Minter => ({
  caller: ANONYMOUS,
  role: 'internal_user',
  key,
  principals: NOBODY,
});

function aKeyWith(fields: object): KeyEntity {
  const key = aKey();
  applyFields(key, fields, NOW);
  return key;
}

describe(`minted is at most its minter (seed ${SEED}, ${CASES} cases)`, () => {
  test('when a key is made', () => {
    const random = randomOf(SEED);
    let made = 0;
    for (let i = 0; i < CASES; i++) {
      const own = aKeyWith({ ...someFields(random), allowed_routes: ['/key', '/v1'] });
      const key = aKeyWith(someFields(random));
      inheritLimits(key, minterWith(own));
      if (fieldsBeyond(key, NOBODY, minterWith(own)).length > 0) continue;
      made++;
      const escaped = escapeOf(aSnapshot(own).caller, aSnapshot(key).caller);
      if (escaped !== null) throw new Error(`case ${i}: ${escaped}`);
    }
    expect(made).toBeGreaterThan(CASES / 20);
  }, 60_000);

  test('when it is changed, again and again', () => {
    const random = randomOf(SEED);
    let own = aKey();
    let key = aKey();
    let changed = 0;
    for (let i = 0; i < CASES; i++) {
      if (i % 50 === 0) {
        own = aKeyWith({ ...someFields(random), allowed_routes: ['/key', '/v1'] });
        key = aKey();
        inheritLimits(key, minterWith(own));
      }
      const after = copyOf(key);
      applyFields(after, someFields(random), NOW);
      if (fieldsBeyond(after, NOBODY, minterWith(own)).length > 0) continue;
      changed++;
      key = after;
      const escaped = escapeOf(aSnapshot(own).caller, aSnapshot(key).caller);
      if (escaped !== null) throw new Error(`case ${i}: ${escaped}`);
    }
    expect(changed).toBeGreaterThan(CASES / 50);
  }, 60_000);

  test('and the judge itself sees each way out', () => {
    const own = aKeyWith({
      models: ['a'],
      max_budget: 1,
      rpm_limit: 1,
      tpm_limit: 1,
      max_parallel_requests: 1,
      duration: '1h',
      allowed_routes: ['/key'],
    });
    const same = copyOf(own);
    expect(escapeOf(aSnapshot(own).caller, aSnapshot(same).caller)).toBeNull();
    const ways: Partial<KeyEntity>[] = [
      { models: ['b'] },
      { models: [] },
      { aliases: { a: 'z' } },
      { maxBudgetUsd: '2' },
      { rpmLimit: null },
      { tpmLimit: 2 },
      { maxParallelRequests: 2 },
      { expiresAt: null },
      { allowedRoutes: [] },
    ];
    for (const way of ways) {
      const wider = Object.assign(copyOf(own), way);
      expect(escapeOf(aSnapshot(own).caller, aSnapshot(wider).caller)).not.toBeNull();
      expect(fieldsBeyond(wider, NOBODY, minterWith(own))).not.toEqual([]);
    }
  });
});

/** Whole numbers below a bound, the same ones for the same seed. */
function randomOf(seed: number): (below: number) => number {
  let state = seed + 1;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** The body of a request for a key, with whatever comes to mind. */
function someFields(random: (below: number) => number): Record<string, unknown> {
  const maybe = (...values: unknown[]): unknown =>
    random(2) === 0 ? undefined : values[random(values.length)];
  const fields = {
    models: maybe([], ['a'], ['a', 'b'], ['a*'], ['*'], ['all-team-models']),
    aliases: maybe({ a: 'z' }, { a: 'a' }, {}),
    max_budget: maybe(0, 1, 5, null, '1e3'),
    budget_duration: maybe('1d', '7d', '1mo', null),
    rpm_limit: maybe(0, 5, 50, null),
    tpm_limit: maybe(0, 5, 50, null),
    max_parallel_requests: maybe(1, 5, null),
    model_rpm_limit: maybe({ a: 1 }, { a: 9 }, {}),
    duration: maybe('1h', '2h', null),
    allowed_routes: maybe([], ['/key'], ['/v1', '/key/generate'], ['*']),
    allowed_cache_controls: maybe([], ['ttl'], ['ttl', 'no-cache']),
  };
  return JSON.parse(JSON.stringify(fields)) as Record<string, unknown>;
}

/** What a credential may that the other may not, judged by its use and not by the rules that made it. */
function escapeOf(above: Caller, below: Caller): string | null {
  const may = ({ models, aliases }: Caller, name: string): boolean => {
    const reached = Object.hasOwn(aliases, name) ? [name, aliases[name] ?? name] : [name];
    return (
      models.length === 0 ||
      models.some(
        (entry) =>
          entry === '*' ||
          (entry === 'a*' ? reached.some((one) => one.startsWith('a')) : reached.includes(entry)),
      )
    );
  };
  for (const name of ['a', 'ab', 'b', 'z']) if (may(below, name) && !may(above, name)) return `model ${name}`;
  const reachesZ = (caller: Caller): boolean =>
    may(caller, 'z') || (caller.aliases['a'] === 'z' && may(caller, 'a'));
  if (reachesZ(below) && !reachesZ(above)) return 'alias to z';
  if (above.expiresAtMs !== null && (below.expiresAtMs ?? Infinity) > above.expiresAtMs) return 'time';
  if (below.allowedRoutes.length === 0 || below.allowedRoutes.includes('*')) return 'routes';
  const sends = ({ allowedCacheControls: allowed }: Caller, name: string): boolean =>
    allowed.length === 0 || allowed.includes(name);
  for (const name of ['ttl', 'no-cache', 'namespace'])
    if (sends(below, name) && !sends(above, name)) return `cache control ${name}`;
  for (const rule of above.rules) {
    if (!rule.scope.startsWith('key:')) continue;
    const own = below.rules.find(({ scope, model }) => scope.startsWith('key:') && model === rule.model);
    for (const field of [
      'maxBudgetPicoUsd',
      'requestsPerMinute',
      'tokensPerMinute',
      'maxParallelRequests',
    ] as const) {
      const [most, has] = [rule[field], own?.[field] ?? null];
      if (most !== null && (has === null || has > most)) return field;
    }
  }
  return null;
}
