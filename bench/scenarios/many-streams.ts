import { setTimeout as sleep } from 'node:timers/promises';
import { usageOf } from '../../apps/gateway/test/harness.ts';
import { StreamLoad } from '../load/streams.ts';
import { type Line, megabytes, rounded } from '../report.ts';
import { chatRequest, type Contender, type Stage } from '../stage.ts';

/** How memory and CPU grow with them; the last one has the bar. */
const COUNTS = [1_000, 2_500, 5_000] as const;
const SECONDS_PER_CHUNK = 2;
const START_MS_PER_STREAM = 2;
const WATCH_MS = 5_000;
const BAR_BYTES = 400 * 1_048_576;

interface Seen {
  readonly bytes: number;
  readonly bytesPerStream: number;
  readonly cpuPerCent: number;
  readonly failures: number;
}

/** Many streams that are slow: what one costs that has nothing to say. */
export async function manyStreams(stage: Stage): Promise<Line[]> {
  const { llamaSwap } = stage.sandbox;
  await llamaSwap.settings({
    truth: 'off',
    decodeMsPerToken: SECONDS_PER_CHUNK * 1_000,
    answerTokens: 1_000,
  });
  const lines: Line[] = [];
  for (const count of COUNTS) {
    const floor = await watched(stage.floor, count);
    const gateway = await watched(stage.gateway, count);
    const isLast = count === COUNTS.at(-1);
    lines.push({
      what: `RSS with ${count} streams of a chunk every ${SECONDS_PER_CHUNK} s`,
      floor: megabytes(floor.bytes),
      gateway: megabytes(gateway.bytes),
      measured: megabytes(gateway.bytes),
      bar: isLast ? `≤ ${megabytes(BAR_BYTES)}` : '',
      pass: isLast ? gateway.failures === 0 && gateway.bytes <= BAR_BYTES : null,
      note: `a stream: floor ${kilobytes(floor.bytesPerStream)}, gateway ${kilobytes(gateway.bytesPerStream)}; core busy: floor ${rounded(floor.cpuPerCent, 0)} %, gateway ${rounded(gateway.cpuPerCent, 0)} %; failures: ${floor.failures + gateway.failures}`,
    });
  }
  await llamaSwap.reset({ settings: true });
  return lines;
}

async function watched(contender: Contender, count: number): Promise<Seen> {
  const before = usageOf(contender.pid).rssBytes;
  const load = new StreamLoad(contender.port, chatRequest(contender, { stream: true }), count);
  await load.start(count * START_MS_PER_STREAM);
  await sleep(SECONDS_PER_CHUNK * 1_000);
  const startedCpu = usageOf(contender.pid).cpuSeconds;
  const { failures } = await load.measure(WATCH_MS);
  const { rssBytes: bytes, cpuSeconds } = usageOf(contender.pid);
  load.stop();
  await sleep(1_000);
  return {
    bytes,
    bytesPerStream: (bytes - before) / count,
    cpuPerCent: ((cpuSeconds - startedCpu) * 100_000) / WATCH_MS,
    failures,
  };
}

const kilobytes = (bytes: number): string => `${rounded(Math.max(0, bytes) / 1_024, 0)} KB`;
