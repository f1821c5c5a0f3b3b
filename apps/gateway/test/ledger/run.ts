/**
 * `npm run test:ledger [-- --events=100 --streams=1000 --seed=7]`: the long form of the trial of the books. Mishaps in
 * random order under load, then streams that are left; one line of JSON each, exit 1 when anything does not add up.
 */
import { parseArgs } from 'node:util';
import { configText, startGateway, startPostgres, startSandbox } from '../harness.ts';
import { seeded } from '../rows/seeded.ts';
import { abandonStreams } from './abandoned.ts';
import { smallDisk } from './small-disk.ts';
import { runTrial } from './trial.ts';

const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '100' },
    streams: { type: 'string', default: '1000' },
    calm: { type: 'string', default: '4000' },
    seed: { type: 'string', default: String(Date.now() % 100_000) },
  },
});
const [events, streams, calmMs, seed] = [values.events, values.streams, values.calm, values.seed].map(Number);
if ([events, streams, calmMs, seed].some((number) => !Number.isSafeInteger(number))) {
  process.stderr.write('Usage: npm run test:ledger [-- --events=100 --streams=1000 --calm=4000 --seed=7]\n');
  process.exit(2);
}

const DISK_MB = 64;
const MOST_DIFFERENCE = 0.005;

function tell(line: object): void {
  process.stdout.write(`${JSON.stringify({ ...line, seed })}\n`);
}

process.stderr.write(`seed ${seed}\n`);
const [sandbox, postgres] = [await startSandbox(), await startPostgres()];
const disk = smallDisk(DISK_MB);
if (!disk) process.stderr.write('Nothing can be mounted here: the disk of the journal is never full.\n');
let isGood = true;
try {
  await postgres.database('trial');
  const trial = await runTrial({
    seed: seed ?? 0,
    events: events ?? 0,
    calmMs: calmMs ?? 0,
    sandbox,
    postgres,
    database: 'trial',
    disk,
  });
  tell({ trial: 'mishaps', ...trial });
  const databaseUrl = await postgres.database('abandoned');
  const gateway = await startGateway({
    config: configText(),
    databaseUrl,
    llamaSwapUrl: sandbox.llamaSwap.url,
  });
  const left = await abandonStreams({
    gateway,
    llamaSwap: sandbox.llamaSwap,
    postgres,
    database: 'abandoned',
    streams: streams ?? 0,
    random: seeded(seed ?? 0),
  });
  const pass = left.difference <= MOST_DIFFERENCE && left.unpaid === 0;
  tell({ trial: 'abandoned streams', ...left, pass });
  await gateway.stop();
  await gateway.end();
  isGood = trial.pass && pass;
} finally {
  disk?.remove();
  await sandbox.stop();
  await postgres.stop();
}
process.exit(isGood ? 0 : 1);
