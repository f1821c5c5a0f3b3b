import { ClosedLoop } from '../load/closed-loop.ts';
import { type Line, rounded } from '../report.ts';
import { chatRequest, type Contender, costOf, type Stage } from '../stage.ts';
import { median } from '../statistics.ts';

const WARM_UP_MS = 1_000;
const SIZES = [
  { what: '10 KB', bytes: 10 * 1_024, connections: 32 },
  { what: '1 MB', bytes: 1_024 * 1_024, connections: 4 },
] as const;

/** CPU per request where the prompt is long, beside the floor, which does not look at it. */
export async function sizes(stage: Stage, rounds: number, measureMs: number): Promise<Line[]> {
  await stage.sandbox.llamaSwap.settings({ truth: 'off', contextTokens: 1_000_000 });
  const lines: Line[] = [];
  for (const { what, bytes, connections } of SIZES) {
    const cost = { floor: [] as number[], gateway: [] as number[] };
    for (let round = 0; round < rounds; round += 1) {
      cost.floor.push(await oneRound(stage.floor, { bytes, connections, measureMs }));
      cost.gateway.push(await oneRound(stage.gateway, { bytes, connections, measureMs }));
    }
    const [floor, gateway] = [median(cost.floor), median(cost.gateway)];
    lines.push({
      what: `CPU per request with a prompt of ${what}`,
      floor: `${rounded(floor, 0)} µs`,
      gateway: `${rounded(gateway, 0)} µs`,
      measured: `${rounded(median(cost.gateway.map((own, i) => own / (cost.floor[i] ?? Number.NaN))), 1)} ×`,
      bar: '',
      pass: null,
    });
  }
  await stage.sandbox.llamaSwap.reset({ settings: true });
  return lines;
}

/** Microseconds of CPU a request. */
async function oneRound(
  contender: Contender,
  { bytes, connections, measureMs }: { bytes: number; connections: number; measureMs: number },
): Promise<number> {
  const words = 'The sky above the port was the colour of rain. ';
  const content = words.repeat(Math.ceil(bytes / words.length)).slice(0, bytes);
  const request = chatRequest(contender, { messages: [{ role: 'user', content }] });
  const load = new ClosedLoop(contender.port, request, connections);
  load.start();
  await load.measure(WARM_UP_MS);
  const { result, cpuSeconds } = await costOf(contender, () => load.measure(measureMs));
  await load.stop();
  if (result.failures > 0) throw new Error(`${contender.name}: ${result.failures} requests failed`);
  return (cpuSeconds * 1_000_000) / result.requests;
}
