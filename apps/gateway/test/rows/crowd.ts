import { ClosedLoop } from '../../../../bench/load/closed-loop.ts';
import { requestOf } from '../../../../bench/load/connection.ts';
import { OpenLoop } from '../../../../bench/load/open-loop.ts';
import { median } from '../../../../bench/statistics.ts';
import { type Answer, aChat, type Gateway, pause } from '../harness.ts';
import { rowsMissing } from './books.ts';
import { percentile, rounded } from './lag.ts';
import { type Field, type Measured, type Row } from './row.ts';
import { seeded } from './seeded.ts';
import { type Seen, Traffic } from './traffic.ts';

const PEAK_CONNECTIONS = 64;
/** Enough that a queue of all of them would be far too long. */
const FLOOD_CONNECTIONS = 1_000;
const FLOOD = 5;
const RECOVERED_MS = 5_000;
const SETTLE_MS = 2_000;
const BARS = { goodput: 0.9, refusedMs: 50, slower: 3 };
const MODEL = 'qwen3-30b-a3b';

const chat = (gateway: Gateway, key: string): Buffer =>
  requestOf({ port: gateway.port, key, path: '/v1/chat/completions' }, { ...aChat(), model: MODEL });

/** S6: five times what it can answer. */
async function overload(field: Field): Promise<Measured> {
  const measureMs = field.long ? 60_000 : 6_000;
  await field.sandbox.llamaSwap.settings({ truth: 'counts' });
  const gateway = await field.gateway({ env: { LITELLM_LOG: 'WARNING' } });
  const key = await gateway.key({});
  const request = chat(gateway, key);
  const closed = new ClosedLoop(gateway.port, request, PEAK_CONNECTIONS);
  closed.start();
  await closed.measure(SETTLE_MS);
  const peak = await closed.measure(measureMs);
  await closed.stop();
  const normal = await new OpenLoop(gateway.port, request, field.seed).run(
    peak.perSecond / 2,
    measureMs,
    500,
  );
  const flood = new OpenLoop(gateway.port, request, field.seed + 1, FLOOD_CONNECTIONS);
  const watching = refusals(gateway, key, measureMs);
  const flooded = await flood.run(peak.perSecond * FLOOD, measureMs, SETTLE_MS);
  const { refused, hinted } = await watching;
  const after = await new OpenLoop(gateway.port, request, field.seed + 2).run(
    peak.perSecond / 2,
    measureMs,
    RECOVERED_MS,
  );
  const goodput = (flooded.requests * 1_000) / measureMs / peak.perSecond;
  const answered = closed.answered + normal.requests + flooded.requests + after.requests;
  const missing = await rowsMissing((sql) => field.query(sql), answered, 60_000);
  return {
    pass:
      goodput >= BARS.goodput &&
      (flooded.failures === 0 || flooded.failedP99Ms <= BARS.refusedMs) &&
      flooded.p99Ms <= normal.p99Ms * BARS.slower &&
      hinted === refused &&
      after.failures === 0 &&
      missing === 0,
    measured: {
      peakPerSecond: Math.round(peak.perSecond),
      goodput: Math.round(goodput * 100) / 100,
      refused: flooded.failures,
      refusedP99Ms: flooded.failures === 0 ? 0 : rounded(flooded.failedP99Ms),
      sampledRefusals: refused,
      withRetryAfter: hinted,
      normalP99Ms: rounded(normal.p99Ms),
      acceptedP99Ms: rounded(flooded.p99Ms),
      failuresAfter: after.failures,
      missing,
    },
  };
}

/** Samples what refusals say meanwhile. */
async function refusals(gateway: Gateway, key: string, ms: number) {
  const until = performance.now() + ms + SETTLE_MS;
  const seen: Answer[] = [];
  while (performance.now() < until) {
    const answer = await gateway.chat({ model: MODEL }, { key }).catch(() => null);
    if (answer && answer.status !== 200) seen.push(answer);
    await pause(50);
  }
  const hinted = seen.filter(({ status, headers }) => status === 503 && Number(headers['retry-after']) > 0);
  return { refused: seen.length, hinted: hinted.length };
}

const QUIET_KEYS = 100;
const TIMES = 20;
const SLOWER = 1.2;

/** S7: one key asks twenty times what a hundred others ask together. */
async function fairness(field: Field): Promise<Measured> {
  const [pauseMs, measureMs, rounds] = field.long ? [1_000, 60_000, 3] : [2_000, 8_000, 2];
  await field.sandbox.llamaSwap.settings({ truth: 'counts' });
  const gateway = await field.gateway({ env: { LITELLM_LOG: 'WARNING' } });
  const keys: string[] = [];
  while (keys.length < QUIET_KEYS) keys.push(await gateway.key({}));
  const flooding = chat(gateway, await gateway.key({}));
  const quiet = async (): Promise<Seen> => {
    const traffic = new Traffic({
      gateway: () => gateway,
      keys,
      clients: QUIET_KEYS,
      random: seeded(field.seed),
      streams: 0,
      pauseMs,
      fields: { model: MODEL },
    });
    await pause(measureMs);
    return traffic.stop();
  };
  await quiet();
  const ratios: number[] = [];
  const figures = { asked: 0, failed: 0, flooded: 0, refused: 0 };
  for (let round = 0; round < rounds; round += 1) {
    const before = p99(await quiet());
    const rate = (QUIET_KEYS * 1_000 * TIMES) / pauseMs;
    const flood = new OpenLoop(gateway.port, flooding, field.seed + round, FLOOD_CONNECTIONS);
    const [during, { requests, failures }] = await Promise.all([quiet(), flood.run(rate, measureMs, 0)]);
    ratios.push(p99(during) / before);
    figures.asked += during.complete.length;
    figures.failed += during.errors.length + during.broken;
    figures.flooded += requests;
    figures.refused += failures;
  }
  const slower = median(ratios);
  return {
    pass: figures.failed === 0 && slower <= SLOWER && figures.asked > 0,
    measured: { ...figures, quietP99Ratio: Math.round(slower * 100) / 100 },
  };
}

const p99 = ({ tookMs }: Seen): number =>
  percentile(
    [...tookMs].sort((a, b) => a - b),
    0.99,
  );

export const CROWD_ROWS: readonly Row[] = [
  {
    id: 'S6',
    promise: 'more than it can answer is refused early, the rest is served',
    bar: `goodput at ${FLOOD} × ≥ 90 % of the peak, refusals ≤ 50 ms with Retry-After, accepted p99 ≤ 3 × normal, well ≤ 5 s later`,
    run: overload,
  },
  {
    id: 'S7',
    promise: 'a key that floods harms no other',
    bar: `${QUIET_KEYS} quiet keys beside ${TIMES} × their load: 0 failed, p99 ≤ + 20 %`,
    run: fairness,
  },
];
