import { type Gateway, startGateway } from '../../apps/gateway/test/harness.ts';
import { type Line, rounded } from '../report.ts';
import { MEASURED_CORE, type Stage } from '../stage.ts';
import { median } from '../statistics.ts';

const BARS_MS = { external: 1_000, embedded: 3_000 };

/**
 * From `node main.js` to a ready answer, with a migrated external database and with a cold embedded one, on the measured
 * core: the embedded server has to share it.
 */
export async function boot(stage: Stage, rounds: number): Promise<Line[]> {
  const env = { LITELLM_LOG: 'INFO' };
  const options = { llamaSwapUrl: stage.sandbox.llamaSwap.url, core: MEASURED_CORE, env };
  const external: number[] = [];
  const embedded: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    external.push(await timed(startGateway({ ...options, databaseUrl: stage.databaseUrl, name: 'boot' })));
    embedded.push(await timed(startGateway({ ...options, name: 'boot-embedded' })));
  }
  return [
    line('boot, external database', external, BARS_MS.external),
    line('boot, cold embedded database', embedded, BARS_MS.embedded),
  ];
}

async function timed(starting: Promise<Gateway>): Promise<number> {
  const gateway = await starting;
  await gateway.stop();
  gateway.forget();
  return gateway.startedInMs;
}

const line = (what: string, values: readonly number[], barMs: number): Line => ({
  what,
  floor: '',
  gateway: `${rounded(median(values) / 1000)} s`,
  measured: `${rounded(median(values) / 1000)} s`,
  bar: `≤ ${barMs / 1000} s`,
  pass: median(values) <= barMs,
  note: `from ${rounded(Math.min(...values) / 1000)} to ${rounded(Math.max(...values) / 1000)} s in ${values.length} starts`,
});
