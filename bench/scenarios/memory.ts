import { setTimeout as sleep } from 'node:timers/promises';
import { usageOf } from '../../apps/gateway/test/harness.ts';
import { OpenLoop } from '../load/open-loop.ts';
import { type Line, megabytes, rounded } from '../report.ts';
import { chatRequest, type Contender, type Stage } from '../stage.ts';
import { slope } from '../statistics.ts';

const PER_SECOND = 500;
const SAMPLE_MS = 500;
const MARGIN_BYTES = 100 * 1_048_576;
/** What a heap may breathe by in the second half of the run. */
const FLAT_BYTES = 12 * 1_048_576;

interface Course {
  readonly peakBytes: number;
  readonly lastBytes: number;
  /** Change over the second half of the run along the line that fits it best. */
  readonly driftBytes: number;
}

/** Memory under a steady mixed load: at most the floor's and a margin, and flat. */
export async function memory(stage: Stage, minutes: number): Promise<Line[]> {
  await stage.sandbox.llamaSwap.settings({ truth: 'off' });
  const floor = await watched(stage.floor, Math.min(minutes, 1));
  const gateway = await watched(stage.gateway, minutes);
  const more = gateway.lastBytes - floor.lastBytes;
  return [
    {
      what: `RSS after ${minutes} min at ${PER_SECOND} requests/s`,
      floor: megabytes(floor.lastBytes),
      gateway: megabytes(gateway.lastBytes),
      measured: `+${megabytes(more)}`,
      bar: '≤ +100 MB',
      pass: more <= MARGIN_BYTES,
      note: `peak: floor ${megabytes(floor.peakBytes)}, gateway ${megabytes(gateway.peakBytes)}`,
    },
    {
      what: `RSS drift in the last ${rounded(minutes / 2, 1)} min`,
      floor: megabytes(floor.driftBytes),
      gateway: megabytes(gateway.driftBytes),
      measured: megabytes(gateway.driftBytes),
      bar: `≤ ${megabytes(FLAT_BYTES)}`,
      pass: gateway.driftBytes <= FLAT_BYTES,
    },
  ];
}

async function watched(contender: Contender, minutes: number): Promise<Course> {
  const ms = minutes * 60_000;
  const samples: (readonly [atMs: number, bytes: number])[] = [];
  const startedAt = performance.now();
  const half = [chatRequest(contender), chatRequest(contender, { stream: true })];
  const loads = half.map((request, i) =>
    new OpenLoop(contender.port, request, i + 1).run(PER_SECOND / 2, ms, 0),
  );
  while (performance.now() - startedAt < ms) {
    await sleep(SAMPLE_MS);
    samples.push([performance.now() - startedAt, usageOf(contender.pid).rssBytes]);
  }
  await Promise.all(loads);
  const second = samples.slice(samples.length >> 1);
  const span = (second.at(-1)?.[0] ?? 0) - (second[0]?.[0] ?? 0);
  return {
    peakBytes: Math.max(...samples.map(([, bytes]) => bytes)),
    lastBytes: usageOf(contender.pid).rssBytes,
    driftBytes: slope(second) * span,
  };
}
