import { type Latencies, OpenLoop } from '../load/open-loop.ts';
import { type Line, rounded } from '../report.ts';
import { chatRequest, type Contender, type Stage } from '../stage.ts';
import { median } from '../statistics.ts';

const PER_SECOND = 500;
const WARM_UP_MS = 1_000;
const BARS = { p50Ms: 1, p99Ms: 3 } as const;

/** What the gateway adds to a call at a moderate rate: its latency minus that of the upstream asked directly. */
export async function latency(stage: Stage, rounds: number, measureMs: number): Promise<Line[]> {
  await stage.sandbox.llamaSwap.settings({ truth: 'off' });
  const taken = { direct: [] as Latencies[], floor: [] as Latencies[], gateway: [] as Latencies[] };
  for (let round = 0; round < rounds; round += 1) {
    for (const contender of [stage.direct, stage.floor, stage.gateway]) {
      taken[contender.name].push(await oneRound(contender, measureMs, round));
    }
  }
  return (['p50Ms', 'p99Ms'] as const).map((name) => line(name, taken));
}

function oneRound(contender: Contender, measureMs: number, round: number): Promise<Latencies> {
  const load = new OpenLoop(contender.port, chatRequest(contender), 4711 + round);
  return load.run(PER_SECOND, measureMs, WARM_UP_MS);
}

function line(name: 'p50Ms' | 'p99Ms', taken: Record<Contender['name'], readonly Latencies[]>): Line {
  const [direct, floor, gateway] = [taken.direct, taken.floor, taken.gateway].map((rounds) =>
    median(rounds.map((round) => round[name])),
  ) as [number, number, number];
  const failures = Object.values(taken)
    .flat()
    .reduce((sum, round) => sum + round.failures, 0);
  const all = taken.gateway.map((round) => round[name]);
  return {
    what: `added latency ${name.slice(0, 3)} at ${PER_SECOND} requests/s`,
    floor: `${rounded(floor - direct)} ms`,
    gateway: `${rounded(gateway - direct)} ms`,
    measured: `${rounded(gateway - direct)} ms`,
    bar: `≤ ${BARS[name]} ms`,
    pass: failures === 0 && gateway - direct <= BARS[name],
    note: `in all: direct ${rounded(direct)}, floor ${rounded(floor)}, gateway ${rounded(gateway)} ms (rounds ${rounded(Math.min(...all))} to ${rounded(Math.max(...all))}); failures: ${failures}`,
  };
}
