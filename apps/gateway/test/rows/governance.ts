import { type Gateway, startPostgres, until } from '../harness.ts';
import { Field as ExactField } from '../exact/field.ts';
import { barrier } from '../exact/trials.ts';
import { bySpec } from './by-spec.ts';
import { byAttacks } from './inputs.ts';
import { leave } from './leaving.ts';
import { type Field, type Measured, type Row } from './row.ts';

/** 500 calls at once on money for 100, over several processes. */
async function neverOverrun({ sandbox, long }: Field): Promise<Measured> {
  const measured: Record<string, number | string> = {};
  let pass = true;
  const postgres = await startPostgres();
  try {
    for (const replicas of long ? [1, 2, 4] : [1, 2]) {
      const name = `row_a3_${replicas}`;
      const databaseUrl = await postgres.database(name);
      const query = <T extends object>(sql: string, values?: unknown[]) =>
        postgres.query<T>(sql, values, name);
      const field = await ExactField.open({ sandbox, databaseUrl, query, replicas });
      try {
        for (let repeat = 0; repeat < (long ? 100 : 3); repeat += 1) {
          const result = await barrier(field);
          pass &&= result.pass;
          measured[`overrunAt${replicas}`] = result.overrun;
          measured[`usableAt${replicas}`] = result.usable;
        }
      } finally {
        await field.close();
      }
    }
  } finally {
    await postgres.stop();
  }
  return { pass, measured };
}

const SLOTS = 20;
const IDLE_MS = 1_000;

/** Clients that leave at random moments; afterwards every slot is free again. */
async function slotsComeBack(field: Field): Promise<Measured> {
  const gateway = await field.gateway();
  const key = await gateway.key({ max_parallel_requests: SLOTS });
  const { llamaSwap } = field.sandbox;
  await llamaSwap.settings({ decodeMsPerToken: 10, answerTokens: 300 });
  const calls = field.long ? 10_000 : 400;
  for (let left = calls; left > 0; left -= SLOTS) await together(gateway, key, new Map());
  await until('the upstream is left', async () => (await llamaSwap.open()).inProgress === 0);
  const idleAt = performance.now();
  await llamaSwap.settings({ decodeMsPerToken: 20, answerTokens: 20 });
  const served = await until('every slot is free', async () => {
    const answers = await Promise.all(Array.from({ length: SLOTS }, () => gateway.chat({}, { key })));
    const good = answers.filter(({ status }) => status === 200).length;
    return good === SLOTS && good;
  });
  const over = await Promise.all(Array.from({ length: SLOTS * 2 }, () => gateway.chat({}, { key })));
  const atOnce = over.filter(({ status }) => status === 200).length;
  const freeAfterMs = Math.round(performance.now() - idleAt);
  return {
    pass: atOnce >= SLOTS && over.every(({ status }) => [200, 429].includes(status)),
    measured: {
      leavers: calls,
      slots: SLOTS,
      servedTogether: served,
      freeWithinMs: freeAfterMs,
      idleMs: IDLE_MS,
    },
  };
}

const together = (gateway: Gateway, key: string, leftAt: Map<string, number>): Promise<unknown> =>
  Promise.all(Array.from({ length: SLOTS }, () => leave(gateway, key, leftAt)));

const BUDGETS = 'libs/limits/src/budgets.db.spec.ts';
const RATES = 'libs/limits/src/rates.db.spec.ts';
const REPLICAS = 'libs/limits/src/replicas.db.spec.ts';

export const GOVERNANCE_ROWS: readonly Row[] = [
  bySpec(
    {
      id: 'N11',
      promise: 'No answer that is kept comes to another tenant, or to another question',
      bar: '0 foreign hits in memory and in PostgreSQL; shared only where that is configured',
    },
    {
      files: ['libs/cache/src/cache-key.spec.ts', 'apps/gateway/test/cache.e2e.spec.ts'],
      named: 'never come to another key|the key of an answer|the same namespace|another namespace',
    },
  ),
  {
    id: 'A3',
    promise: 'a budget is never overrun',
    bar: 'overrun 0 of 500 at once on money for 100; 1 and 2 processes (1, 2, 4 and 100 repeats in the long form)',
    run: neverOverrun,
  },
  bySpec(
    { id: 'A5', promise: 'no false refusal', bar: '0 of 100,000 in the long form (2,000 in the short)' },
    {
      files: ['libs/limits/src/false-refusals.db.spec.ts'],
      longEnvironment: { FALSE_REFUSAL_CALLS: '100000' },
    },
  ),
  bySpec(
    {
      id: 'A7',
      promise: 'a window that rolls over loses and leaks nothing',
      bar: 'sums exact, month ends and leap days',
    },
    { files: ['libs/call/src/duration.spec.ts', 'libs/limits/src/gauge.spec.ts', BUDGETS] },
  ),
  bySpec(
    { id: 'A9', promise: 'money is exact', bar: 'error 0 over random splits and round trips' },
    { files: ['libs/call/src/money.spec.ts'] },
  ),
  bySpec(
    {
      id: 'A13',
      promise: 'rates and parallel calls are exact',
      bar: 'never one more than the limit, one process and several',
    },
    { files: [RATES, REPLICAS] },
  ),
  {
    id: 'A14',
    promise: 'the count of parallel calls never leaks',
    bar: 'every slot is free again after clients left at random',
    run: slotsComeBack,
  },
  byAttacks({ id: 'N1', promise: 'no insecure boot', bar: 'refuses to start' }, ['X143', 'X143b']),
  byAttacks({ id: 'N3', promise: 'credential slots agree', bar: 'one decision for every slot' }, [
    'X031',
    'X089',
    'X093',
    'X094',
    'X094b',
    'X094c',
  ]),
  bySpec(
    {
      id: 'N5',
      promise: 'every route is guarded',
      bar: 'the checked-in table is the live one, each with one class',
    },
    { files: ['apps/gateway/test/routes.e2e.spec.ts', 'libs/keys/src/key-auth.guard.db.spec.ts'] },
  ),
  bySpec(
    { id: 'N6', promise: 'minted ≤ minter', bar: '0 escalations of 4,000 (50,000 in the long form)' },
    {
      files: [
        'libs/keys/src/minter.spec.ts',
        'libs/keys/src/narrower.spec.ts',
        'libs/keys/src/minted.db.spec.ts',
      ],
      longEnvironment: { CASES: '50000' },
    },
  ),
  byAttacks({ id: 'N7', promise: 'only listed fields can be written', bar: '400 or 403 for the rest' }, [
    'X097',
    'X064',
    'X075',
  ]),
  bySpec(
    { id: 'N8', promise: 'two tenants never see a byte of each other', bar: '0 foreign bytes' },
    { files: ['libs/admin/src/teams/tenants.db.spec.ts', 'libs/keys/src/key-rights.db.spec.ts'] },
  ),
  bySpec(
    { id: 'N9', promise: 'keys are told apart by their whole credential', bar: '0 collisions' },
    {
      files: [
        'libs/keys/src/credential.spec.ts',
        'libs/keys/src/key-hash.spec.ts',
        'libs/keys/src/key-prefixes.spec.ts',
      ],
    },
  ),
  bySpec(
    { id: 'N13', promise: 'revocation is fast and sticks', bar: 'other replicas within 1 s under load' },
    { files: ['apps/gateway/test/replicas.e2e.spec.ts', 'libs/keys/src/key-snapshots.db.spec.ts'] },
  ),
  byAttacks({ id: 'N15', promise: 'the stored hash is no credential', bar: '401' }, ['X091']),
  bySpec(
    { id: 'N16', promise: 'keys are random, and only their hash is stored', bar: '≥ 192 bits' },
    { files: ['libs/keys/src/key-hash.spec.ts', 'libs/keys/src/key-generate.db.spec.ts'] },
  ),
  bySpec(
    { id: 'B1', promise: 'no input yields a 500', bar: '0 of all generated from the OpenAPI document' },
    { files: ['apps/gateway/test/open-api.e2e.spec.ts'] },
  ),
  bySpec(
    {
      id: 'B7',
      promise: 'no expression takes long',
      bar: 'each ≤ 10 ms on 100 KB (slack 20 on a busy machine)',
    },
    { files: ['apps/gateway/test/expressions.spec.ts'] },
  ),
  bySpec(
    {
      id: 'D9',
      promise: 'migrations run once, together and interrupted',
      bar: 'one winner, nothing half-applied',
    },
    { files: ['libs/database/src/run-migrations.db.spec.ts'] },
  ),
];
