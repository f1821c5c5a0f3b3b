import { aChat, deployment, type Gateway, HttpClient, pause, until } from '../harness.ts';
import { percentile, rounded } from './lag.ts';
import { type Field, type Measured, type Row } from './row.ts';

const GOOD = 'qwen3-30b-a3b';

async function p99(gateway: Gateway, key: string, calls: number): Promise<number> {
  const times: number[] = [];
  for (let done = 0; done < calls; done += 10) {
    await Promise.all(
      Array.from({ length: 10 }, async () => {
        const startedAt = performance.now();
        await gateway.chat({ model: GOOD }, { key });
        times.push(performance.now() - startedAt);
      }),
    );
  }
  return percentile(
    times.sort((a, b) => a - b),
    0.99,
  );
}

/** U10: a deployment that answers nothing holds a thousand calls; the others do not feel it. */
async function sickNeighbour(field: Field): Promise<Measured> {
  const gateway = await field.gateway({
    config: { models: [deployment('sick', 'fault/silent'), deployment('*', '*')] },
  });
  const key = await gateway.key({});
  const calls = field.long ? 3_000 : 300;
  await p99(gateway, key, calls);
  const ratios: number[] = [];
  let held = 0;
  for (let round = 0; round < 3; round += 1) {
    const before = await p99(gateway, key, calls);
    // Connections of their own: those of one client are fewer, and the measured calls would wait behind these.
    const patients = Array.from({ length: 4 }, () => new HttpClient(gateway.url));
    const body = { ...aChat(), model: 'sick' };
    const waiting = patients.flatMap((client) =>
      Array.from({ length: 250 }, () => client.ask('/v1/chat/completions', { key, body }).catch(() => null)),
    );
    held = await until(
      'a thousand calls are held',
      async () => {
        const { inProgress } = await field.sandbox.llamaSwap.open();
        return inProgress >= 1_000 && inProgress;
      },
      60_000,
      100,
    );
    ratios.push((await p99(gateway, key, calls)) / before);
    await Promise.all(patients.map((client) => client.close()));
    await Promise.all(waiting);
    await pause(500);
  }
  const ratio = ratios.sort((a, b) => a - b)[1] ?? Number.NaN;
  return { pass: held >= 1_000 && ratio <= 1.1, measured: { held, p99Ratio: rounded(ratio * 100) / 100 } };
}

export const SICK_NEIGHBOUR: Row = {
  id: 'U10',
  promise: 'Healthy deployments are unaffected by a sick one',
  bar: 'p99 of the others ≤ + 10 % with 1,000 calls held',
  run: sickNeighbour,
};
