import { aChat, type Gateway, pause, RawConnection, requestBytes } from '../harness.ts';
import { percentile, rounded } from './lag.ts';
import { type Field, type Measured, type Row } from './row.ts';
import { seeded } from './seeded.ts';
import { type Seen, Traffic } from './traffic.ts';

const DRIP_MS = 2_000;
/** Ten seconds, and what a busy machine adds. */
const CUT_MS = 13_000;
const SLOWER = 1.2;
/** Below this a difference is noise. */
const SLACK_MS = 5;

/** A connection that never gets on: with its head, or with its body. */
class SlowClient {
  readonly #connection: RawConnection;
  readonly #timer: NodeJS.Timeout;
  readonly #startedAt = performance.now();
  /** How long the gateway put up with it; null: it still does. */
  cutAfterMs: number | null = null;

  constructor(gateway: Gateway, key: string, withBody: boolean) {
    const body = JSON.stringify(aChat());
    const whole = requestBytes({ target: '/v1/chat/completions', key, body });
    this.#connection = new RawConnection(gateway.port);
    this.#connection.send(whole.subarray(0, withBody ? whole.length - 40 : 40));
    this.#timer = setInterval(() => this.#drip(withBody ? ' ' : 'a'), DRIP_MS);
  }

  #drip(byte: string): void {
    if (!this.#connection.closed) this.#connection.send(byte);
    else this.cutAfterMs ??= performance.now() - this.#startedAt;
  }

  end(): void {
    clearInterval(this.#timer);
    this.#connection.destroy();
  }
}

/** Many slow clients beside good traffic. */
async function slowCrowd(field: Field): Promise<Measured> {
  const [crowd, watchMs] = field.long ? [4_000, 120_000] : [800, 16_000];
  const gateway = await field.gateway();
  const key = await gateway.key({});
  const watch = async (): Promise<Seen> => {
    const traffic = new Traffic({
      gateway: () => gateway,
      keys: [key],
      clients: 10,
      random: seeded(field.seed),
      streams: 0.3,
      pauseMs: 80,
    });
    await pause(watchMs);
    return traffic.stop();
  };
  await watch();
  const before = p99(await watch());
  const slow = Array.from({ length: crowd }, (_, index) => new SlowClient(gateway, key, index % 2 === 0));
  const seen = await watch();
  const left = slow.filter(({ cutAfterMs }) => cutAfterMs === null).length;
  const longest = Math.max(...slow.map(({ cutAfterMs }) => cutAfterMs ?? 0));
  for (const client of slow) client.end();
  const during = p99(seen);
  const failed = seen.errors.length + seen.broken;
  return {
    pass: failed === 0 && left === 0 && longest <= CUT_MS && during <= before * SLOWER + SLACK_MS,
    measured: {
      slowClients: crowd,
      notCut: left,
      longestMs: Math.round(longest),
      answered: seen.complete.length,
      failed,
      p99BeforeMs: rounded(before),
      p99Ms: rounded(during),
    },
  };
}

const p99 = ({ tookMs }: Seen): number =>
  percentile(
    [...tookMs].sort((a, b) => a - b),
    0.99,
  );

export const SLOW_CROWD: Row = {
  id: 'B3',
  promise: 'slow clients are cut, and nobody else feels them',
  bar: 'cut ≤ 10 s (found out within 3 s more), others 0 failed, p99 ≤ + 20 % (5 ms are noise)',
  run: slowCrowd,
};
