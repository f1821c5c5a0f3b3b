import { ClosedLoop } from '../load/closed-loop.ts';
import { crowd } from '../load/crowd.ts';
import { type Latencies, OpenLoop } from '../load/open-loop.ts';
import { type Line, perCent, rounded } from '../report.ts';
import { chatRequest, costOf, type Stage } from '../stage.ts';

const PEAK_CONNECTIONS = 64;
/** Enough that a queue of all of them would be far too long. */
const CROWD = 5_000;
const QUIET_PER_SECOND = 50;
/** So few that each is used: one on which nothing comes for ten seconds is closed. */
const QUIET_CONNECTIONS = 8;
const SETTLE_MS = 6_000;
const RECOVERED_MS = 5_000;
const BARS = { goodput: 0.9, quietTimes: 3 } as const;

/**
 * A crowd with one key that asks again at once whatever it is told, while another key asks for little; then half of what
 * the gateway can do.
 */
export async function overload(stage: Stage, measureMs: number): Promise<Line[]> {
  const { gateway, process } = stage;
  await stage.sandbox.llamaSwap.settings({ truth: 'off' });
  const quiet = { ...gateway, key: await process.key({ key_alias: 'quiet', models: [] }) };
  const request = chatRequest(gateway);
  const asking = (seed: number) => new OpenLoop(gateway.port, chatRequest(quiet), seed, QUIET_CONNECTIONS);
  const peakLoad = new ClosedLoop(gateway.port, request, PEAK_CONNECTIONS);
  peakLoad.start();
  const normal = await asking(4711).run(QUIET_PER_SECOND, measureMs, SETTLE_MS);
  const peak = await peakLoad.measure(measureMs);
  await peakLoad.stop();
  const { result, share } = await costOf(gateway, () =>
    Promise.all([
      crowd({ port: gateway.port, request, count: CROWD, ms: measureMs, warmUpMs: SETTLE_MS }),
      asking(4712).run(QUIET_PER_SECOND, measureMs, SETTLE_MS),
    ]),
  );
  const [flooded, unharmed] = result;
  const after = await new OpenLoop(gateway.port, request, 4713).run(
    peak.perSecond / 2,
    measureMs,
    RECOVERED_MS,
  );
  return lines({ peakPerSecond: peak.perSecond, normal, flooded, unharmed, after, measureMs, share });
}

interface Seen {
  readonly peakPerSecond: number;
  readonly normal: Latencies;
  readonly flooded: Latencies;
  readonly unharmed: Latencies;
  readonly after: Latencies;
  readonly measureMs: number;
  /** Of its core that the gateway used while the crowd was there. */
  readonly share: number;
}

function lines({ peakPerSecond, normal, flooded, unharmed, after, measureMs, share }: Seen): Line[] {
  const good = ((flooded.requests + unharmed.requests) * 1_000) / measureMs;
  const goodput = good / peakPerSecond;
  return [
    {
      ...line(`answers to a crowd of ${CROWD}`, `${rounded(good, 0)}/s`, `${perCent(goodput)} of the peak`),
      bar: `≥ ${perCent(BARS.goodput)}`,
      pass: goodput >= BARS.goodput,
      note: `peak with ${PEAK_CONNECTIONS} connections ${rounded(peakPerSecond, 0)}/s; of the crowd ${flooded.requests} served (p50 ${rounded(flooded.p50Ms, 0)} ms, p99 ${rounded(flooded.p99Ms, 0)} ms), ${flooded.failures} refused (p99 ${rounded(flooded.failedP99Ms, 0)} ms); core busy: ${perCent(share)}`,
    },
    {
      ...line(
        'p99 of a quiet key beside the crowd',
        `${rounded(unharmed.p99Ms, 0)} ms`,
        `${rounded(unharmed.p99Ms / normal.p99Ms)} × normal`,
      ),
      bar: `≤ ${BARS.quietTimes} ×`,
      pass: unharmed.p99Ms <= normal.p99Ms * BARS.quietTimes,
      note: `normal is beside the peak load: p99 ${rounded(normal.p99Ms, 0)} ms`,
    },
    {
      ...line('requests of the quiet key that failed meanwhile', '', `${unharmed.failures}`),
      bar: '0',
      pass: unharmed.failures === 0,
      note: `${unharmed.requests} were answered`,
    },
    {
      ...line(`failures at half the load, ${RECOVERED_MS / 1_000} s later`, '', `${after.failures}`),
      bar: '0',
      pass: after.failures === 0,
      note: `p99 ${rounded(after.p99Ms, 0)} ms`,
    },
  ];
}

const line = (what: string, gateway: string, measured: string) => ({ what, floor: '', gateway, measured });
