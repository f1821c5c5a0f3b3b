import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { ATTACKS } from './attacks/all-attacks.ts';
import { type Arena, enter, readRoutes } from './attacks/arena.ts';
import { afterwards, verdictOf } from './attacks/battle.ts';
import { allowSlowness } from './attacks/judge.ts';
import { ROOT } from './harness.ts';
import { suite } from './harness/suite.ts';

const PATIENCE_MS = 120_000;
// Speed is judged by `npm run test:attacks`, which has the machine for itself.
allowSlowness(10);
const parts = suite();
let arena: Arena & { leave(): void };
let pid: number;

beforeAll(async () => {
  const program = join(ROOT, 'dist/apps/gateway/src/commands/routes.js');
  const { stdout } = spawnSync(process.execPath, [program], { cwd: ROOT, encoding: 'utf8' });
  const { gateway, sandbox, database } = parts;
  pid = gateway.pid;
  arena = await enter({
    gateway,
    sandbox,
    database: { url: database.url, query: (sql) => database.query(sql) },
    routes: readRoutes(stdout),
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
