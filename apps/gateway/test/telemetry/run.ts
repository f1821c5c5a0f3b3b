/**
 * `npm run test:telemetry [-- --seconds=300 --outage=60 --rate=50 --modes=down,slow]`: a Langfuse in trouble is seen by
 * no client, costs no memory and loses nothing uncounted. One JSON line a mode, exit 1 where one falls short.
 */
import { parseArgs } from 'node:util';
import {
  endAll,
  configText,
  type Gateway,
  HttpClient,
  listOf,
  type Sandbox,
  startGateway,
  startPostgres,
  startSandbox,
  stringOf,
  until,
} from '../harness.ts';
import { tracesAt } from '../harness/artefacts.ts';
import { mustHoldNoSecret } from '../harness/left-behind.ts';
import { isEven, load, tracesOf } from './load.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '300' },
    outage: { type: 'string', default: '60' },
    rate: { type: 'string', default: '50' },
    modes: { type: 'string', default: 'down,slow,413,429,hang,207' },
  },
});
const [seconds, outage, rate] = [values.seconds, values.outage, values.rate].map(Number) as [
  number,
  number,
  number,
];
/** Until code and pools have the size that they keep. */
const WARM_UP_SECONDS = 60;
const BARS = { addedP99Ms: 1, waiting: 2_000, waitingBytes: 32 * 1024 * 1024, grownBytes: 40 * 1024 * 1024 };
const MOST_LOST = 0.01;

let failures = 0;

function tell(line: { readonly pass: boolean }): void {
  if (!line.pass) failures += 1;
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

const [sandbox, healthy, postgres] = [
  await startSandbox({ backends: ['langfuse'] }),
  await startSandbox({ backends: ['langfuse'] }),
  await startPostgres(),
];
const langfuse = sandbox.backend('langfuse');
const reader = new HttpClient(langfuse.url);
const gatewayOf = async (at: Sandbox, name: string): Promise<Gateway> =>
  startGateway({
    name,
    config: configText({ litellm: { callbacks: ['langfuse'] } }),
    databaseUrl: await postgres.database(name),
    llamaSwapUrl: at.llamaSwap.url,
    env: {
      LANGFUSE_HOST: at.backend('langfuse').url,
      ...{
        LANGFUSE_PUBLIC_KEY: 'pk-lf-1',
        LANGFUSE_SECRET_KEY: 'sk-lf-canary-0123456789',
        LANGFUSE_FLUSH_INTERVAL: '0.5',
      },
    },
  });
const [gateway, well] = [await gatewayOf(sandbox, 'ill'), await gatewayOf(healthy, 'well')];

/** Beside it, at the same time and the same rate, a gateway whose Langfuse is well: both see the same machine. */
async function trouble(mode: string): Promise<void> {
  await langfuse.settings({ mode: 'up' });
  await until('nothing waits', async () => (await tracesOf(gateway)).waiting === 0, 120_000, 500);
  await langfuse.settings({ mode });
  const before = gateway.usage().rssBytes;
  const [ill, other] = await Promise.all([load(gateway, rate, seconds), load(well, rate, seconds)]);
  const [traces, grownBytes] = [await tracesOf(gateway), gateway.usage().rssBytes - before];
  const addedP99Ms = Math.round((ill.p99Ms - other.p99Ms) * 100) / 100;
  const isBounded =
    traces.waiting <= BARS.waiting &&
    traces.waitingBytes <= BARS.waitingBytes &&
    grownBytes <= BARS.grownBytes;
  tell({
    pass: addedP99Ms <= BARS.addedP99Ms && isBounded && isEven(traces) && ill.failures === 0,
    ...{ mode, requests: ill.requests, failures: ill.failures, addedP99Ms, p99Ms: ill.p99Ms },
    ...{ p50Ms: ill.p50Ms, wellP50Ms: other.p50Ms, grownBytes, ...traces },
  });
}

/** Fewer than the queue holds, in an outage; all of them arrive, once. */
async function outageTrial(asked: Gateway): Promise<void> {
  await langfuse.settings({ mode: 'up' });
  await until('nothing waits', async () => (await tracesOf(asked)).waiting === 0, 120_000, 500);
  await langfuse.reset();
  await langfuse.settings({ mode: 'down' });
  const { callIds } = await load(asked, Math.min(rate, 1_900 / outage), outage);
  await langfuse.settings({ mode: 'up' });
  await until('what waited is delivered', async () => (await tracesOf(asked)).waiting === 0, 120_000, 500);
  const { json } = await reader.ask('/__sandbox/events');
  const arrived = listOf(json?.observations)
    .filter((one) => stringOf(one.type).toLowerCase() === 'generation')
    .map(({ metadata }) => stringOf(metadata?.litellm_call_id));
  const known = new Set(arrived);
  const missing = callIds.filter((id) => !known.has(id)).length;
  const twice = arrived.length - known.size;
  const traces = await tracesOf(asked);
  tell({
    pass: missing <= callIds.length * MOST_LOST && twice === 0 && isEven(traces),
    ...{ mode: `${outage} s away`, requests: callIds.length, missing, twice, ...traces },
  });
}

try {
  await Promise.all([load(gateway, rate, WARM_UP_SECONDS), load(well, rate, WARM_UP_SECONDS)]);
  for (const mode of values.modes.split(',')) await trouble(mode);
  await outageTrial(gateway);
} finally {
  await reader.close();
  mustHoldNoSecret([await tracesAt(langfuse.url)], { of: 'Langfuse' });
  await endAll([gateway, well]);
  await Promise.all([sandbox.stop(), healthy.stop()]);
  await postgres.stop();
}
process.exit(failures > 0 ? 1 : 0);
