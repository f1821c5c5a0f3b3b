import { readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { slope } from '../../../../bench/statistics.ts';
import { aChat, type Gateway, pause, RawConnection, requestBytes, ROOT, until } from '../harness.ts';
import { BOOKED, type Booked, compare } from './books.ts';
import { rounded } from './lag.ts';
import { type Field, type Measured, type Row } from './row.ts';
import { seeded } from './seeded.ts';
import { Traffic } from './traffic.ts';

const RESOURCES = join(ROOT, 'apps/gateway/test/attacks/preload/resources.mjs');
const MEGABYTE = 1_048_576;
const HOUR_MS = 3_600_000;
const BARS = { mbPerHour: 1, heapGrowthMb: 8, resourcesGrown: 8 };
const LONG_HOURS = 8;

/** What it holds at one moment, all garbage collected. */
interface Sample {
  readonly at: number;
  readonly heapBytes: number;
  readonly rssBytes: number;
  readonly resources: Readonly<Record<string, number>>;
}

interface Point extends Sample {
  readonly hours: number;
}

interface Plan {
  readonly ms: number;
  readonly warmUpMs: number;
  readonly everyMs: number;
  readonly clients: number;
  readonly pauseMs: number;
}

function planOf({ hours, long }: Field): Plan {
  if (hours === null && !long)
    return { ms: 75_000, warmUpMs: 25_000, everyMs: 5_000, clients: 8, pauseMs: 40 };
  const ms = (hours ?? LONG_HOURS) * HOUR_MS;
  return {
    ms,
    warmUpMs: Math.min(ms / 3, HOUR_MS / 2),
    everyMs: Math.min(60_000, ms / 20),
    clients: 24,
    pauseMs: 60,
  };
}

/** S4: mixed traffic with leavers, errors and keys that come and go; what is held after a collection does not grow. */
async function noLeak(field: Field): Promise<Measured> {
  const plan = planOf(field);
  const file = join(tmpdir(), `resources-${process.pid}`);
  const gateway = await field.gateway({
    env: { NODE_OPTIONS: `--expose-gc --import=${RESOURCES}`, RESOURCES_FILE: file, LITELLM_LOG: 'WARNING' },
  });
  const random = seeded(field.seed);
  const keys = [await gateway.key({}), await gateway.key({}), await gateway.key({})];
  const traffic = new Traffic({
    gateway: () => gateway,
    keys,
    clients: plan.clients,
    random,
    streams: 0.3,
    pauseMs: plan.pauseMs,
  });
  const beside = new Beside(gateway, keys[0] ?? '', random);
  const points: Point[] = [];
  const startedAt = performance.now();
  while (performance.now() - startedAt < plan.ms) {
    await beside.work(plan.everyMs);
    const sample = await sampleOf(gateway, file);
    const elapsedMs = performance.now() - startedAt;
    if (elapsedMs >= plan.warmUpMs) points.push({ ...sample, hours: elapsedMs / HOUR_MS });
  }
  const seen = await traffic.stop();
  rmSync(file, { force: true });
  const books = await compare(seen.complete, () => field.query<Booked>(BOOKED), 60_000);
  const failed = seen.errors.length + seen.broken;
  return judged(points, {
    minutes: rounded(plan.ms / 60_000),
    answered: seen.complete.length,
    failed,
    ...beside.done,
    missing: books.missing,
    twice: books.twice,
  });
}

/** What goes on beside ordinary calls: clients that leave, calls that fail, a key that comes and one that goes. */
class Beside {
  readonly done = { left: 0, failures: 0, keys: 0 };
  readonly #gateway: Gateway;
  readonly #key: string;
  readonly #random: () => number;

  constructor(gateway: Gateway, key: string, random: () => number) {
    this.#gateway = gateway;
    this.#key = key;
    this.#random = random;
  }

  async work(ms: number): Promise<void> {
    const until = performance.now() + ms;
    while (performance.now() < until) {
      await Promise.all([this.#leave(), this.#fail(), this.#keyComesAndGoes(), pause(1_000)]);
    }
  }

  async #leave(): Promise<void> {
    const connection = new RawConnection(this.#gateway.port);
    const body = JSON.stringify({ ...aChat(), stream: true });
    connection.send(requestBytes({ target: '/v1/chat/completions', key: this.#key, body }));
    await pause(this.#random() * 100);
    connection.reset();
    this.done.left += 1;
  }

  async #fail(): Promise<void> {
    const { status } = await this.#gateway.chat({ model: 'fault/500' }, { key: this.#key });
    if (status >= 500) this.done.failures += 1;
  }

  async #keyComesAndGoes(): Promise<void> {
    const key = await this.#gateway.key({ user_id: `churn-${this.done.keys % 50}` });
    await this.#gateway.chat({ max_tokens: 1 }, { key });
    await this.#gateway.ask('/key/delete', { body: { keys: [key] } });
    this.done.keys += 1;
  }
}

let samples = 0;

async function sampleOf(gateway: Gateway, file: string): Promise<Sample> {
  samples += 1;
  const due = samples;
  gateway.child.signal('SIGUSR2');
  return until(
    'it tells what it holds',
    () => {
      const sample = read(file);
      return sample !== null && sample.at >= due && sample;
    },
    20_000,
    50,
  );
}

function read(file: string): Sample | null {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Sample;
  } catch {
    return null;
  }
}

function judged(points: readonly Point[], figures: Readonly<Record<string, number>>): Measured {
  const perHour = (value: (point: Point) => number): number =>
    slope(points.map((point) => [point.hours, value(point)] as const));
  const rssMbPerHour = perHour(({ rssBytes }) => rssBytes / MEGABYTE);
  const half = Math.ceil(points.length / 2);
  const meanOf = (some: readonly Point[], value: (point: Point) => number): number =>
    some.reduce((sum, point) => sum + value(point), 0) / Math.max(1, some.length);
  const grown = (value: (point: Point) => number): number =>
    meanOf(points.slice(half), value) - meanOf(points.slice(0, half), value);
  const heapGrowthMb = grown(({ heapBytes }) => heapBytes / MEGABYTE);
  const resourcesGrown = grown(countOf);
  const hours = (points.at(-1)?.hours ?? 0) - (points[0]?.hours ?? 0);
  // In minutes a slope is noise: then it is what is held after a collection that must stay.
  const isFlat = hours < 1 ? heapGrowthMb <= BARS.heapGrowthMb : rssMbPerHour <= BARS.mbPerHour;
  return {
    pass:
      isFlat &&
      resourcesGrown <= BARS.resourcesGrown &&
      points.length > 2 &&
      figures['failed'] === 0 &&
      figures['missing'] === 0 &&
      figures['twice'] === 0,
    measured: {
      ...figures,
      samples: points.length,
      rssMbPerHour: rounded(rssMbPerHour),
      heapGrowthMb: rounded(heapGrowthMb),
      heapMb: rounded((points.at(-1)?.heapBytes ?? 0) / MEGABYTE),
      rssMb: rounded((points.at(-1)?.rssBytes ?? 0) / MEGABYTE),
      resourcesGrown: rounded(resourcesGrown),
      resources: JSON.stringify(points.at(-1)?.resources ?? {}),
    },
  };
}

const countOf = ({ resources }: Sample): number => Object.values(resources).reduce((sum, n) => sum + n, 0);

export const SOAK_ROWS: readonly Row[] = [
  {
    id: 'S4',
    promise: 'nothing leaks',
    bar: 'RSS ≤ + 1 MB/h after the warm-up, sockets and timers stay (8 h in the long form; minutes: heap ≤ + 8 MB)',
    run: noLeak,
  },
];
