import { configText, deployment, type Gateway } from '../../apps/gateway/test/harness.ts';
import { ClosedLoop } from '../load/closed-loop.ts';
import { requestOf } from '../load/connection.ts';
import { type Line, rounded } from '../report.ts';
import { chatBody, costOf, type Stage, startMeasuredGateway } from '../stage.ts';
import { median } from '../statistics.ts';

const CONNECTIONS = 32;
const WARM_UP_MS = 2_000;
const MODELS = [10, 1_000] as const;
const KEYS = [1, 1_000, 10_000] as const;

/** How the cost of a request grows with the models that there are, and with the keys that are in use. */
export async function growth(stage: Stage, rounds: number, measureMs: number): Promise<Line[]> {
  await stage.sandbox.llamaSwap.settings({ truth: 'off' });
  return [...(await byModels(stage, rounds, measureMs)), ...(await byKeys(stage, rounds, measureMs))];
}

async function byModels(stage: Stage, rounds: number, measureMs: number): Promise<Line[]> {
  const gateways = new Map<number, Gateway>();
  for (const count of MODELS) {
    const others = Array.from({ length: count }, (_, i) => deployment(`model-${i}`, `model-${i}`));
    const wildcards = Array.from({ length: count / 20 }, (_, i) => deployment(`family-${i}/*`, '*'));
    const config = configText({ models: [...others, ...wildcards, deployment('*', '*')] });
    gateways.set(count, await startMeasuredGateway(stage, config));
  }
  const key = stage.gateway.key ?? '';
  const cost = await inTurn(MODELS, rounds, (count) => {
    const gateway = gateways.get(count);
    if (!gateway) throw new Error(`no gateway has ${count} models`);
    return costWith(stage, { gateway, requests: [asking(gateway.port, key)], measureMs });
  });
  for (const gateway of gateways.values()) await end(gateway);
  return linesOf('models', MODELS, cost);
}

async function byKeys(stage: Stage, rounds: number, measureMs: number): Promise<Line[]> {
  const { process: gateway } = stage;
  const keys: string[] = [];
  while (keys.length < Math.max(...KEYS))
    keys.push(...(await Promise.all(Array.from({ length: 50 }, () => gateway.key({ models: [] })))));
  const cost = await inTurn(KEYS, rounds, (count) =>
    costWith(stage, {
      gateway,
      requests: keys.slice(0, count).map((key) => asking(gateway.port, key)),
      measureMs,
    }),
  );
  return linesOf('keys in use', KEYS, cost);
}

async function inTurn(
  counts: readonly number[],
  rounds: number,
  measure: (count: number) => Promise<number>,
): Promise<Map<number, number[]>> {
  const cost = new Map<number, number[]>(counts.map((count) => [count, []]));
  for (let round = 0; round < rounds; round += 1)
    for (const count of counts) cost.get(count)?.push(await measure(count));
  return cost;
}

/** Microseconds of CPU a request, the requests sent in turn. */
async function costWith(
  stage: Stage,
  { gateway, requests, measureMs }: { gateway: Gateway; requests: readonly Buffer[]; measureMs: number },
): Promise<number> {
  const load = new ClosedLoop(gateway.port, requests, CONNECTIONS);
  load.start();
  await load.measure(WARM_UP_MS);
  const contender = { ...stage.gateway, port: gateway.port, pid: gateway.pid };
  const { result, cpuSeconds } = await costOf(contender, () => load.measure(measureMs));
  await load.stop();
  if (result.failures > 0) throw new Error(`${result.failures} requests failed`);
  return (cpuSeconds * 1_000_000) / result.requests;
}

const asking = (port: number, key: string): Buffer =>
  requestOf({ port, key, path: '/v1/chat/completions' }, chatBody());

async function end(gateway: Gateway): Promise<void> {
  await gateway.stop();
  gateway.forget();
}

function linesOf(what: string, counts: readonly number[], cost: ReadonlyMap<number, number[]>): Line[] {
  const least = median(cost.get(counts[0] ?? 0) ?? []);
  return counts.map((count) => {
    const own = median(cost.get(count) ?? []);
    return {
      what: `CPU per request with ${count} ${what}`,
      floor: '',
      gateway: `${rounded(own, 0)} µs`,
      measured: `${rounded(own / least)} ×`,
      bar: '',
      pass: null,
    };
  });
}
