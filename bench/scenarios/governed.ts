import { ClosedLoop } from '../load/closed-loop.ts';
import { type Latencies, OpenLoop } from '../load/open-loop.ts';
import { type Line, rounded } from '../report.ts';
import { chatRequest, type Contender, costOf, type Stage } from '../stage.ts';
import { median } from '../statistics.ts';

const CONNECTIONS = 32;
const WARM_UP_MS = 1_500;
/** Bare, governed, governed, bare: what is warm, or busy behind the scenes, by then is so for both. */
const SLICES = ['bare', 'governed', 'governed', 'bare'] as const;
const SLICE_WARM_UP_MS = 500;
const PER_SECOND = 500;
const BARS = { cpuMicroseconds: 20, p99Ms: 0.5 } as const;
/** Limits that nothing here reaches: budgets of key and team, requests and tokens per minute of both. */
const LIMITS = {
  max_budget: 1_000_000,
  budget_duration: '30d',
  rpm_limit: 10_000_000,
  tpm_limit: 10_000_000_000,
};

interface Round {
  readonly cpuSeconds: number;
  readonly requests: number;
  readonly failures: number;
}

const NOTHING: Round = { cpuSeconds: 0, requests: 0, failures: 0 };
const microseconds = ({ cpuSeconds, requests }: Round): number => (cpuSeconds * 1_000_000) / requests;

/** What budgets and limits cost: the same gateway asked with a bare key and with a governed one, in turn. */
export async function governed(stage: Stage, rounds: number, measureMs: number): Promise<Line[]> {
  await stage.sandbox.llamaSwap.settings({ truth: 'off' });
  const bare = stage.gateway;
  const contenders = { bare, governed: { ...bare, key: await governedKey(stage) } };
  const cost = { bare: [] as Round[], governed: [] as Round[] };
  const latencies = { bare: [] as Latencies[], governed: [] as Latencies[] };
  for (let round = 0; round < rounds; round += 1) {
    const taken = await costRound(contenders, measureMs);
    for (const name of round % 2 === 0 ? NAMES : REVERSED) {
      cost[name].push(taken[name]);
      const load = new OpenLoop(bare.port, chatRequest(contenders[name]), 4711 + round);
      latencies[name].push(await load.run(PER_SECOND, measureMs, WARM_UP_MS));
    }
  }
  return [costLine(cost), latencyLine(latencies)];
}

const NAMES = ['bare', 'governed'] as const;
const REVERSED = ['governed', 'bare'] as const;

async function governedKey({ process, postgres }: Stage): Promise<string> {
  await postgres.query(
    `INSERT INTO users (user_id, created_by, updated_by) VALUES ('bench', 'bench', 'bench')`,
    [],
    'bench',
  );
  await postgres.query(
    `INSERT INTO teams (team_id, max_budget_usd, budget_duration, rpm_limit, tpm_limit, created_by, updated_by)
     VALUES ('bench', $1, $2, $3, $4, 'bench', 'bench')`,
    [LIMITS.max_budget, LIMITS.budget_duration, LIMITS.rpm_limit, LIMITS.tpm_limit],
    'bench',
  );
  return process.key({ ...LIMITS, team_id: 'bench', user_id: 'bench', max_parallel_requests: 10_000 });
}

/** In slices of half the time, so that a round has measured each for as long as was asked for. */
async function costRound(
  contenders: Readonly<Record<(typeof NAMES)[number], Contender>>,
  measureMs: number,
): Promise<Record<(typeof NAMES)[number], Round>> {
  const sums = { bare: NOTHING, governed: NOTHING };
  for (const name of SLICES) {
    const load = new ClosedLoop(contenders[name].port, chatRequest(contenders[name]), CONNECTIONS);
    load.start();
    await load.measure(SLICE_WARM_UP_MS);
    const { result, cpuSeconds } = await costOf(contenders[name], () => load.measure(measureMs / 2));
    await load.stop();
    sums[name] = {
      cpuSeconds: sums[name].cpuSeconds + cpuSeconds,
      requests: sums[name].requests + result.requests,
      failures: sums[name].failures + result.failures,
    };
  }
  return sums;
}

function costLine({ bare, governed: limited }: Record<'bare' | 'governed', readonly Round[]>): Line {
  const extra = limited.map((round, i) => microseconds(round) - microseconds(bare[i] ?? NOTHING));
  const failures = [...bare, ...limited].reduce((sum, round) => sum + round.failures, 0);
  const of = (rounds: readonly Round[]) => `${rounded(median(rounds.map(microseconds)), 0)} µs`;
  return {
    what: 'CPU per request, governed key beside bare key',
    floor: of(bare),
    gateway: of(limited),
    measured: `${rounded(median(extra), 1)} µs`,
    bar: `≤ ${BARS.cpuMicroseconds} µs`,
    pass: failures === 0 && median(extra) <= BARS.cpuMicroseconds,
    note: `the column of the floor is the bare key; rounds ${extra.map((value) => rounded(value, 0)).join(', ')} µs; failures: ${failures}`,
  };
}

function latencyLine(taken: Record<'bare' | 'governed', readonly Latencies[]>): Line {
  const [bare, limited] = [taken.bare, taken.governed].map((rounds) =>
    median(rounds.map(({ p99Ms }) => p99Ms)),
  ) as [number, number];
  const failures = [...taken.bare, ...taken.governed].reduce((sum, round) => sum + round.failures, 0);
  return {
    what: `p99 at ${PER_SECOND} requests/s, governed key beside bare key`,
    floor: `${rounded(bare)} ms`,
    gateway: `${rounded(limited)} ms`,
    measured: `${rounded(limited - bare)} ms`,
    bar: `≤ ${BARS.p99Ms} ms`,
    pass: failures === 0 && limited - bare <= BARS.p99Ms,
    note: `the column of the floor is the bare key; failures: ${failures}`,
  };
}
