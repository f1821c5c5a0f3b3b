import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ATTACKS } from './attacks/all-attacks.ts';
import { type Arena, ARENA_BACKENDS, ARENA_CONFIG, ARENA_ENVIRONMENT, enter } from './attacks/arena.ts';
import { afterwards, verdictOf } from './attacks/battle.ts';
import { allowSlowness } from './attacks/judge.ts';
import { suite } from './harness/suite.ts';

const PATIENCE_MS = 120_000;
// Speed is judged by `npm run test:attacks`, which has the machine for itself.
allowSlowness(10);
const parts = suite(ARENA_CONFIG, { backends: ARENA_BACKENDS, env: ARENA_ENVIRONMENT });
let arena: Arena & { leave(): void };
let pid: number;

beforeAll(async () => {
  const { gateway, sandbox, database } = parts;
  pid = gateway.pid;
  arena = await enter({
    gateway,
    sandbox,
    database: { url: database.url, query: (sql) => database.query(sql) },
  });
}, PATIENCE_MS);

afterAll(() => arena.leave());

for (const attack of ATTACKS.filter(({ slow }) => !slow)) {
  test(
    `${attack.id}: ${attack.input} → ${attack.expected}`,
    async () => {
      expect((await verdictOf(arena, attack)).problems).toEqual([]);
    },
    PATIENCE_MS,
  );
}

test('after all of them the same process serves, and its log has neither surprises nor secrets', async () => {
  expect((await verdictOf(arena, afterwards(pid))).problems).toEqual([]);
});
