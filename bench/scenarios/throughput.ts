import { ClosedLoop } from '../load/closed-loop.ts';
import { type Line, perCent, rounded } from '../report.ts';
import { chatRequest, type Contender, costOf, type Stage } from '../stage.ts';
import { median, spread } from '../statistics.ts';

const CONNECTIONS = 32;
const WARM_UP_MS = 1_500;
const BAR = 0.5;
/** Below this share of its core the measured process was waiting for the load. */
const SATURATED = 0.93;

interface Round {
  readonly perSecond: number;
  readonly perCpuSecond: number;
  readonly share: number;
  readonly failures: number;
}

/** Requests per second without streaming, everybody asked in turn. */
export async function throughput(stage: Stage, rounds: number, measureMs: number): Promise<Line[]> {
  await stage.sandbox.llamaSwap.settings({ truth: 'off' });
  const results = { floor: [] as Round[], gateway: [] as Round[] };
  for (let round = 0; round < rounds; round += 1) {
    results.floor.push(await oneRound(stage.floor, measureMs));
    results.gateway.push(await oneRound(stage.gateway, measureMs));
  }
  return [rateLine(results.floor, results.gateway), costLine(results.floor, results.gateway)];
}

async function oneRound(contender: Contender, measureMs: number): Promise<Round> {
  const load = new ClosedLoop(contender.port, chatRequest(contender), CONNECTIONS);
  load.start();
  await load.measure(WARM_UP_MS);
  const { result, cpuSeconds, share } = await costOf(contender, () => load.measure(measureMs));
  await load.stop();
  const { perSecond, requests, failures } = result;
  return { perSecond, perCpuSecond: requests / cpuSeconds, share, failures };
}

function rateLine(floor: readonly Round[], gateway: readonly Round[]): Line {
  const ratios = gateway.map((round, i) => round.perSecond / (floor[i]?.perSecond ?? Number.NaN));
  const failures = [...floor, ...gateway].reduce((sum, round) => sum + round.failures, 0);
  const waiting = median(floor.map(({ share }) => share)) < SATURATED;
  return {
    what: `requests/s, ${CONNECTIONS} connections`,
    floor: figure(floor.map(({ perSecond }) => perSecond)),
    gateway: figure(gateway.map(({ perSecond }) => perSecond)),
    measured: `${rounded(median(ratios))} ×`,
    bar: `≥ ${BAR} ×`,
    pass: failures === 0 && median(ratios) >= BAR,
    note: [
      `cores busy: floor ${perCent(median(floor.map(({ share }) => share)))}, gateway ${perCent(median(gateway.map(({ share }) => share)))}`,
      ...(waiting
        ? ['the load side was the limit for the floor, so the line below is the stricter one']
        : []),
      `failures: ${failures}`,
    ].join('; '),
  };
}

/** What one core could answer if nothing else held it back; the honest ratio where the load side is the limit. */
function costLine(floor: readonly Round[], gateway: readonly Round[]): Line {
  const ratios = gateway.map((round, i) => round.perCpuSecond / (floor[i]?.perCpuSecond ?? Number.NaN));
  return {
    what: 'requests per CPU second',
    floor: figure(floor.map(({ perCpuSecond }) => perCpuSecond)),
    gateway: figure(gateway.map(({ perCpuSecond }) => perCpuSecond)),
    measured: `${rounded(median(ratios))} ×`,
    bar: `≥ ${BAR} ×`,
    pass: median(ratios) >= BAR,
  };
}

const figure = (values: readonly number[]): string =>
  `${median(values).toFixed(0)} ± ${perCent(spread(values))}`;
