import { ClosedLoop } from '../load/closed-loop.ts';
import { type Latencies, OpenLoop } from '../load/open-loop.ts';
import { type Line, perCent, rounded } from '../report.ts';
import { chatRequest, type Stage } from '../stage.ts';

const PEAK_CONNECTIONS = 64;
/** Enough that a queue of all of them would be far too long. */
const FLOOD_CONNECTIONS = 1_000;
const FLOOD = 5;
const QUIET_SHARE = 0.05;
const SETTLE_MS = 3_000;
const RECOVERED_MS = 5_000;
const BARS = { goodput: 0.9, refusedMs: 250, recoveryFailures: 0 } as const;

/** Five times as many requests as the gateway can answer, from one key, while another one asks for little; then half. */
export async function overload(stage: Stage, measureMs: number): Promise<Line[]> {
  const { gateway, process } = stage;
  await stage.sandbox.llamaSwap.settings({ truth: 'off' });
  const quietKey = await process.key({ key_alias: 'quiet', models: [] });
  const peakLoad = new ClosedLoop(gateway.port, chatRequest(gateway), PEAK_CONNECTIONS);
  peakLoad.start();
  await peakLoad.measure(SETTLE_MS);
  const peak = await peakLoad.measure(measureMs);
  await peakLoad.stop();
  const request = chatRequest(gateway);
  const flood = new OpenLoop(gateway.port, request, 4711, FLOOD_CONNECTIONS);
  const quiet = new OpenLoop(gateway.port, chatRequest({ ...gateway, key: quietKey }), 4712);
  const [flooded, unharmed] = await Promise.all([
    flood.run(peak.perSecond * FLOOD, measureMs, SETTLE_MS),
    quiet.run(peak.perSecond * QUIET_SHARE, measureMs, SETTLE_MS),
  ]);
  const after = await new OpenLoop(gateway.port, request, 4713).run(
    peak.perSecond / 2,
    measureMs,
    RECOVERED_MS,
  );
  const good = ((flooded.requests + unharmed.requests) * 1_000) / measureMs;
  const goodput = good / peak.perSecond;
  return [
    {
      ...line(`goodput at ${FLOOD} × the load`, `${rounded(good, 0)}/s`, `${perCent(goodput)} of the peak`),
      bar: `≥ ${perCent(BARS.goodput)}`,
      pass: goodput >= BARS.goodput,
      note: `peak ${rounded(peak.perSecond, 0)}/s; p99 of what was served ${rounded(flooded.p99Ms, 0)} ms; refused at once ${flooded.failures}`,
    },
    refusalLine(flooded),
    {
      ...line('requests of a quiet key that failed meanwhile', '', `${unharmed.failures}`),
      bar: '0',
      pass: unharmed.failures === 0,
      note: `${unharmed.requests} were answered, p99 ${rounded(unharmed.p99Ms, 0)} ms`,
    },
    {
      ...line(`failures at half the load, ${RECOVERED_MS / 1_000} s later`, '', `${after.failures}`),
      bar: `${BARS.recoveryFailures}`,
      pass: after.failures === BARS.recoveryFailures,
      note: `p99 ${rounded(after.p99Ms, 0)} ms`,
    },
  ];
}

const line = (what: string, gateway: string, measured: string) => ({ what, floor: '', gateway, measured });

function refusalLine({ failures, failedP99Ms }: Latencies): Line {
  const measured = failures === 0 ? 'none' : `${rounded(failedP99Ms, 0)} ms`;
  return {
    ...line('p99 of a refusal', '', measured),
    bar: `≤ ${BARS.refusedMs} ms`,
    pass: failures === 0 || failedP99Ms <= BARS.refusedMs,
  };
}
