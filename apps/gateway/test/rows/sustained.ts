import { requestOf } from '../../../../bench/load/connection.ts';
import { type Latencies, OpenLoop } from '../../../../bench/load/open-loop.ts';
import { aChat } from '../harness.ts';
import { rowsMissing } from './books.ts';
import { rounded } from './lag.ts';
import { type Field, type Measured, type Row } from './row.ts';

const UPSTREAM_MS = 50;
const CONNECTIONS = 128;
const WARM_UP_MS = 3_000;
const BARS = { p50Ms: 3, p99Ms: 15 };

/** A rate that is kept, with keys, budgets, limits and the books on, beside the upstream asked directly. */
async function sustained(field: Field): Promise<Measured> {
  const [perSecond, ms] = field.long ? [1_000, 3_600_000] : [150, 12_000];
  const { llamaSwap } = field.sandbox;
  const gateway = await field.gateway({ env: { LITELLM_LOG: 'WARNING' } });
  const key = await gateway.key({ max_budget: 1_000_000, rpm_limit: 10_000_000, tpm_limit: 1_000_000_000 });
  await llamaSwap.settings({ truth: 'counts', delayMs: UPSTREAM_MS });
  const model = 'qwen3-30b-a3b';
  const load = (port: number, ofKey: string | null): OpenLoop => {
    const target = { port, key: ofKey, path: '/v1/chat/completions' };
    return new OpenLoop(port, requestOf(target, { ...aChat(), model }), field.seed, CONNECTIONS);
  };
  const upstreamPort = Number(new URL(llamaSwap.url).port);
  const direct = await load(upstreamPort, null).run(perSecond, Math.min(ms, 30_000), WARM_UP_MS);
  const warmUp = await load(gateway.port, key).run(perSecond, WARM_UP_MS, 0);
  const through = await load(gateway.port, key).run(perSecond, ms, 0);
  await llamaSwap.settings({ delayMs: 0 });
  const missing = await rowsMissing((sql) => field.query(sql), warmUp.requests + through.requests, 60_000);
  return judged({ direct, through, missing, due: (perSecond * ms) / 1_000, seconds: ms / 1_000 });
}

interface Seen {
  readonly direct: Latencies;
  readonly through: Latencies;
  readonly missing: number;
  readonly due: number;
  readonly seconds: number;
}

function judged({ direct, through, missing, due, seconds }: Seen): Measured {
  const [p50Ms, p99Ms] = [through.p50Ms - direct.p50Ms, through.p99Ms - direct.p99Ms];
  return {
    pass:
      through.failures === 0 &&
      missing === 0 &&
      // Arrivals are random: of a short run some per cent more or less are due.
      through.requests >= due * 0.9 &&
      p50Ms <= BARS.p50Ms &&
      p99Ms <= BARS.p99Ms,
    measured: {
      perSecond: Math.round(through.requests / seconds),
      failures: through.failures,
      addedP50Ms: rounded(p50Ms),
      addedP99Ms: rounded(p99Ms),
      p99Ms: rounded(through.p99Ms),
      directP99Ms: rounded(direct.p99Ms),
      missing,
    },
  };
}

export const SUSTAINED_ROWS: readonly Row[] = [
  {
    id: 'S1',
    promise: 'sustained traffic with budgets, limits and books',
    bar: '1,000/s for an hour (150/s in the short form): 0 errors, added p50 ≤ 3 ms, p99 ≤ 15 ms',
    run: sustained,
  },
];
