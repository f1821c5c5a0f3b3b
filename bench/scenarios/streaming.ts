import { StreamLoad } from '../load/streams.ts';
import { type Line, rounded } from '../report.ts';
import { chatRequest, type Contender, costOf, type Stage } from '../stage.ts';
import { median } from '../statistics.ts';

const STREAMS = 200;
const CHUNKS_PER_SECOND = 50;
const ANSWER_TOKENS = 400;
const BAR = 1.5;

interface Round {
  readonly cpuMicrosecondsPerChunk: number;
  readonly chunksPerSecond: number;
  readonly failures: number;
}

/** CPU per streamed chunk, at a rate that both carry without effort. */
export async function streaming(stage: Stage, rounds: number, measureMs: number): Promise<Line[]> {
  const { llamaSwap } = stage.sandbox;
  await llamaSwap.settings({
    truth: 'off',
    decodeMsPerToken: 1000 / CHUNKS_PER_SECOND,
    answerTokens: ANSWER_TOKENS,
  });
  const results = { floor: [] as Round[], gateway: [] as Round[] };
  for (let round = 0; round < rounds; round += 1) {
    results.floor.push(await oneRound(stage.floor, measureMs));
    results.gateway.push(await oneRound(stage.gateway, measureMs));
  }
  await llamaSwap.reset({ settings: true });
  return [line(results.floor, results.gateway)];
}

async function oneRound(contender: Contender, measureMs: number): Promise<Round> {
  const load = new StreamLoad(contender.port, chatRequest(contender, { stream: true }), STREAMS);
  await load.start(1_500);
  const { result, cpuSeconds } = await costOf(contender, () => load.measure(measureMs));
  load.stop();
  return {
    cpuMicrosecondsPerChunk: (cpuSeconds * 1_000_000) / result.frames,
    chunksPerSecond: result.frames / result.seconds,
    failures: result.failures,
  };
}

function line(floor: readonly Round[], gateway: readonly Round[]): Line {
  const cost = (rounds: readonly Round[]): number =>
    median(rounds.map((round) => round.cpuMicrosecondsPerChunk));
  const rate = (rounds: readonly Round[]): string =>
    median(rounds.map((round) => round.chunksPerSecond)).toFixed(0);
  const ratios = gateway.map(
    (round, i) => round.cpuMicrosecondsPerChunk / (floor[i]?.cpuMicrosecondsPerChunk ?? Number.NaN),
  );
  const failures = [...floor, ...gateway].reduce((sum, round) => sum + round.failures, 0);
  return {
    what: `CPU per chunk, ${STREAMS} streams × ${CHUNKS_PER_SECOND}/s`,
    floor: `${rounded(cost(floor), 1)} µs`,
    gateway: `${rounded(cost(gateway), 1)} µs`,
    measured: `${rounded(median(ratios))} ×`,
    bar: `≤ ${BAR} ×`,
    pass: failures === 0 && median(ratios) <= BAR,
    note: `chunks/s delivered: floor ${rate(floor)}, gateway ${rate(gateway)}; failures: ${failures}`,
  };
}
