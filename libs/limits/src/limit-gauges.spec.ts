import { expect, test } from '@jest/globals';
import { PICO_PER_USD } from '@app/call';
import { type Family } from '@app/observability';
import { anAppConfig } from '@testing/config';
import { anOutcome } from '@testing/call';
import { LimitGauges } from './limit-gauges.js';
import { Pool, type PoolKind, type PoolName } from './pool.js';
import { aLimitedCall, aKeyRule, KEY } from './testing.js';

const FOR_EVER = { startsAtMs: -Infinity, endsAtMs: Infinity };

function aPool(
  scope: string,
  kind: PoolKind,
  cap: bigint,
  more: Partial<PoolName> & { spent?: bigint } = {},
) {
  const { spent = 0n, ...name } = more;
  const pool = new Pool({ scope, kind, model: null, ...FOR_EVER, ...name }, cap, () => 0n);
  pool.balance = { account: '1', granted: 0n, spent, free: cap - spent, others: 0n, live: 1 };
  return pool;
}

function gaugesOf(pools: readonly Pool[], publishesBudgets = true): LimitGauges {
  const current = anAppConfig({ litellm: { publishesBudgets } });
  return new LimitGauges({ pools: () => pools }, { current });
}

const told = (families: readonly Family[]) =>
  Object.fromEntries(
    families.map(({ name, read }) => [name, [...read()].map(({ labels, value }) => [labels, value])]),
  );

test('budgets and rates have LiteLLM’s names and labels, and nothing is told of an end that never comes', () => {
  const hour = { startsAtMs: 0, endsAtMs: Date.now() + 3_600_000 };
  const gauges = gaugesOf([
    aPool(`key:${KEY}`, 'money', 10n * PICO_PER_USD, { spent: 4n * PICO_PER_USD, ...hour }),
    aPool(`key:${KEY}`, 'requests', 60n, { model: 'gpt-4', spent: 1n }),
    aPool('team:t"1', 'money', 5n * PICO_PER_USD, { spent: 6n * PICO_PER_USD }),
    aPool('user:u', 'money', PICO_PER_USD),
  ]);
  const caller = { keyAlias: 'nice', teamId: 't"1', teamAlias: 'Team' };
  gauges.accept(anOutcome({ call: aLimitedCall([aKeyRule()], { caller }) }));
  const all = told(gauges.families());
  const key = `api_key_alias="nice",hashed_api_key="${KEY}"`;
  expect(all['litellm_remaining_api_key_budget_metric']).toEqual([[key, 6]]);
  expect(all['litellm_api_key_max_budget_metric']).toEqual([[key, 10]]);
  expect(all['litellm_api_key_budget_remaining_hours_metric']?.[0]?.[1]).toBeCloseTo(1, 2);
  expect(all['litellm_remaining_api_key_requests_for_model']).toEqual([
    [`${key},model="gpt-4",model_id="None"`, 59],
  ]);
  const team = 'team="t\\"1",team_alias="Team"';
  expect(all['litellm_remaining_team_budget_metric']).toEqual([[team, -1]]);
  expect(all['litellm_team_budget_remaining_hours_metric']).toEqual([]);
  expect(all['litellm_remaining_user_budget_metric']).toEqual([['user="u"', 1]]);
});

test('of ten thousand keys those are told of which least is left, quickly', () => {
  const pools = Array.from({ length: 10_000 }, (_, at) =>
    aPool(`key:${at}`, 'money', 100n * PICO_PER_USD, { spent: BigInt(at) * (PICO_PER_USD / 100n) }),
  );
  const families = gaugesOf(pools).families();
  const since = performance.now();
  const rows = [...(families[0]?.read() ?? [])];
  expect(performance.now() - since).toBeLessThan(500);
  expect(rows).toHaveLength(150);
  expect(rows[0]?.labels).toContain('hashed_api_key="9999"');
  expect(families.flatMap(({ read }) => [...read()]).length).toBeLessThan(1_400);
});

test('a window that is over and what is not switched on are told nothing of', () => {
  const over = aPool(`key:${KEY}`, 'money', 1n, { startsAtMs: 0, endsAtMs: 1 });
  expect(Object.values(told(gaugesOf([over]).families())).flat()).toEqual([]);
  const off = gaugesOf([aPool('user:u', 'money', 1n)], false);
  expect(Object.values(told(off.families())).flat()).toEqual([]);
});
