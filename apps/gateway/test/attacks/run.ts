/** `npm run test:attacks [-- --only=X001,X067] [--short]`: every line of the attack list, a table and JSON lines. */
import { parseArgs } from 'node:util';
import { configText, startGateway, startPostgres, startSandbox } from '../harness.ts';
import { ATTACKS } from './all-attacks.ts';
import { ARENA_BACKENDS, ARENA_CONFIG, ARENA_ENVIRONMENT, enter } from './arena.ts';
import { battle, type Verdict } from './battle.ts';

const { values: options } = parseArgs({
  options: { only: { type: 'string' }, short: { type: 'boolean', default: false } },
});

function wanted() {
  const ids = options.only?.split(',');
  const named = ids ? ATTACKS.filter(({ id }) => ids.some((wish) => id.startsWith(wish))) : ATTACKS;
  return options.short ? named.filter(({ slow }) => !slow) : named;
}

function row(verdict: Verdict): string {
  const word = verdict.pass ? 'holds ' : 'FAILED';
  const ms = String(verdict.ms).padStart(6);
  return `${word} ${verdict.id.padEnd(10)} ${String(verdict.probes).padStart(5)} probes ${ms} ms  ${verdict.input} → ${verdict.expected}`;
}

async function run(): Promise<Verdict[]> {
  const [sandbox, postgres] = await Promise.all([
    startSandbox({ backends: ARENA_BACKENDS }),
    startPostgres(),
  ]);
  const url = await postgres.database('attacks');
  const gateway = await startGateway({
    config: configText(ARENA_CONFIG),
    env: { ...sandbox.environment, ...ARENA_ENVIRONMENT },
    llamaSwapUrl: sandbox.llamaSwap.url,
    databaseUrl: url,
  });
  const query = (sql: string): Promise<object[]> => postgres.query(sql, [], 'attacks');
  const arena = await enter({ gateway, sandbox, database: { url, query } });
  try {
    return await battle(arena, wanted(), (verdict) => {
      process.stderr.write(`${row(verdict)}\n`);
      for (const problem of verdict.problems.slice(0, 12))
        process.stderr.write(`         ${problem.slice(0, 600)}\n`);
    });
  } finally {
    arena.leave();
    process.stderr.write(`log of the gateway: ${gateway.child.logFile}\n`);
    await gateway.end().finally(async () => {
      await sandbox.stop();
      await postgres.stop();
    });
  }
}

const verdicts = await run();
for (const verdict of verdicts) process.stdout.write(`${JSON.stringify(verdict)}\n`);
const failed = verdicts.filter(({ pass }) => !pass);
const probes = verdicts.reduce((sum, verdict) => sum + verdict.probes, 0);
process.stderr.write(
  `${verdicts.length - failed.length} of ${verdicts.length} lines hold (${probes} probes)\n`,
);
process.exit(failed.length === 0 ? 0 : 1);
