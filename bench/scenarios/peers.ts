import { ClosedLoop } from '../load/closed-loop.ts';
import { requestOf } from '../load/connection.ts';
import { startBifrost } from '../peers/bifrost.ts';
import { startLitellm } from '../peers/litellm.ts';
import { type Peer, type PeerSetting } from '../peers/peer.ts';
import { startPortkey } from '../peers/portkey.ts';
import { type Line, perCent, rounded } from '../report.ts';
import { chatBody, chatRequest, costOf, MEASURED_CORE, type Stage, warmUp } from '../stage.ts';
import { median, spread } from '../statistics.ts';

const CONNECTIONS = 32;
const WARM_UP_MS = 2_000;

/** Who is asked to do better than whom, by how much, in requests per second of one core. */
const PEERS = [
  { start: startPortkey, times: 6 },
  { start: startLitellm, times: 60 },
  { start: startBifrost, times: 1 },
] as const;

/** The other gateways before the same upstream, on the same core, in turn with ours. */
export async function peers(stage: Stage, rounds: number, measureMs: number): Promise<Line[]> {
  await stage.sandbox.llamaSwap.settings({ truth: 'off' });
  const lines: Line[] = [];
  for (const { start, times } of PEERS) lines.push(await beside(start, stage, { rounds, measureMs, times }));
  return lines;
}

async function beside(
  start: (setting: PeerSetting) => Promise<Peer>,
  stage: Stage,
  {
    rounds,
    measureMs,
    times,
  }: { readonly rounds: number; readonly measureMs: number; readonly times: number },
): Promise<Line> {
  let peer: Peer;
  try {
    peer = await start({ upstream: stage.sandbox.llamaSwap.url, core: MEASURED_CORE });
  } catch (error) {
    return absent(start.name.replace('start', ''), error as Error);
  }
  try {
    const { gateway } = stage;
    const own: number[] = [];
    const theirs: number[] = [];
    let failures = 0;
    const measure = async (port: number, pid: number, request: Buffer, into: number[]): Promise<void> => {
      const load = new ClosedLoop(port, request, CONNECTIONS);
      load.start();
      await load.measure(WARM_UP_MS);
      const { result, cpuSeconds } = await costOf({ ...gateway, pid }, () => load.measure(measureMs));
      await load.stop();
      failures += result.failures;
      into.push(result.requests / cpuSeconds);
    };
    await warmUp(peer.port, requestOf(peer, chatBody()));
    for (let round = 0; round < rounds; round += 1) {
      await measure(gateway.port, gateway.pid, chatRequest(gateway), own);
      await measure(peer.port, peer.pid, requestOf(peer, chatBody()), theirs);
    }
    return lineOf(peer, { own, theirs, times, failures });
  } finally {
    await peer.stop();
  }
}

function lineOf(
  { name, version, note }: Peer,
  taken: {
    readonly own: readonly number[];
    readonly theirs: readonly number[];
    readonly times: number;
    readonly failures: number;
  },
): Line {
  const ratio = median(taken.own.map((own, round) => own / (taken.theirs[round] ?? Number.NaN)));
  const figure = (values: readonly number[]): string =>
    `${rounded(median(values), 0)} ± ${perCent(spread(values))}`;
  return {
    what: `requests per CPU second beside ${name} ${version}`,
    floor: figure(taken.theirs),
    gateway: figure(taken.own),
    measured: `${rounded(ratio, 1)} ×`,
    bar: `≥ ${taken.times} ×`,
    pass: taken.failures === 0 && ratio >= taken.times,
    note: `the column of the floor is ${name}: ${note}; ours checks a virtual key, keeps its journal and writes rows to PostgreSQL; failures: ${taken.failures}`,
  };
}

const absent = (name: string, error: Error): Line => ({
  what: `requests per CPU second beside ${name}`,
  floor: '',
  gateway: '',
  measured: '',
  bar: '',
  pass: null,
  note: `could not be installed or started here: ${error.message.split('\n', 1)[0] ?? ''}`,
});
