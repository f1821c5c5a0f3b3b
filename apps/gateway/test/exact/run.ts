/**
 * Budgets to the last pico-dollar, over several processes: one JSON line a trial.
 * `npm run test:exact -- [--replicas=1,2,4] [--repeats=5] [--crashes=3] [--calls=2000]
 * [--sequential=100000] [--seed=1] [--proxy]`: with `--proxy` all calls go to one address, behind which the replicas take
 * turns.
 */
import { parseArgs } from 'node:util';
import { startPostgres, startSandbox } from '../harness.ts';
import { jest } from '../rows/by-spec.ts';
import { seeded } from '../rows/seeded.ts';
import { Field, SPEECH, TEXT, TRANSCRIPTION } from './field.ts';
import { barrier, crash, falseRefusals, statements } from './trials.ts';

const { values: options } = parseArgs({
  options: {
    replicas: { type: 'string', default: '1,2,4' },
    repeats: { type: 'string', default: '5' },
    crashes: { type: 'string', default: '3' },
    calls: { type: 'string', default: '2000' },
    sequential: { type: 'string', default: '100000' },
    seed: { type: 'string', default: '1' },
    proxy: { type: 'boolean', default: false },
  },
});
const random = seeded(Number(options.seed));
let failures = 0;

function tell(result: { readonly pass: boolean; readonly trial: string }): void {
  if (!result.pass) failures += 1;
  process.stdout.write(
    `${JSON.stringify({ ...result, seed: Number(options.seed), isProxied: options.proxy })}\n`,
  );
}

/** 100,000 calls one after another, in one process on a real PostgreSQL. */
async function inProcess(): Promise<void> {
  const specs = {
    files: ['libs/limits/src/false-refusals.db.spec.ts'],
    longEnvironment: { FALSE_REFUSAL_CALLS: options.sequential },
  };
  const { success, numPassedTests } = await jest(specs, true);
  tell({
    trial: `${options.sequential} in turn, in process, none refused`,
    pass: success && numPassedTests === 1,
  });
}

const [sandbox, postgres] = await Promise.all([
  startSandbox({ backends: ['openedai-speech', 'faster-whisper'] }),
  startPostgres({ track_functions: 'all' }),
]);
try {
  for (const replicas of options.replicas.split(',').map(Number)) {
    const name = `exact_${replicas}`;
    const databaseUrl = await postgres.database(name);
    const query = <Row extends object>(sql: string, values?: unknown[]) =>
      postgres.query<Row>(sql, values, name);
    const field = await Field.open({ sandbox, databaseUrl, query, replicas, isProxied: options.proxy });
    try {
      for (const kind of [TEXT, SPEECH, TRANSCRIPTION])
        for (let repeat = 0; repeat < Number(options.repeats); repeat += 1) tell(await barrier(field, kind));
      tell(await statements(field, 2_000));
      tell(await falseRefusals(field, Number(options.calls)));
      for (let repeat = 0; repeat < Number(options.crashes); repeat += 1)
        tell(await crash(field, Math.floor(random() * 300)));
    } finally {
      await field.close();
    }
  }
} finally {
  await sandbox.stop();
  await postgres.stop();
}
await inProcess();
process.exit(failures === 0 ? 0 : 1);
