import { pause, type Gateway, type Sandbox, startGateway } from '../harness.ts';
import { type Booked, compare, type Comparison } from './books.ts';
import { seeded } from './seeded.ts';
import { Traffic } from './traffic.ts';

export interface KillOptions {
  readonly kills: number;
  readonly seed: number;
  readonly sandbox: Sandbox;
  readonly databaseUrl: string;
  readonly config: string;
  readonly rows: () => Promise<readonly Booked[]>;
  readonly clients?: number;
  /** Longest time between two kills. */
  readonly lifeMs?: number;
}

export interface KillResult extends Comparison {
  readonly kills: number;
  /** Answers that clients saw complete. */
  readonly seen: number;
  readonly broken: number;
  /** Calls that reached the upstream. */
  readonly upstream: number;
  /** Rows in the books, those of calls without an answer included. */
  readonly booked: number;
  readonly rssBytes: number;
}

/** A segment of somebody who is silent is taken over after 15 s. */
const ADOPTION_MS = 45_000;

/**
 * Kills a gateway at random moments under load and starts it again on the same journal, then compares the
 * books with what clients saw.
 */
export async function killAgainAndAgain(options: KillOptions): Promise<KillResult> {
  const { kills, seed, sandbox, databaseUrl, config, lifeMs = 1_500 } = options;
  const random = seeded(seed);
  await sandbox.llamaSwap.reset();
  const launch = { config, databaseUrl, llamaSwapUrl: sandbox.llamaSwap.url, name: 'to-be-killed' };
  let gateway = await startGateway(launch);
  const keys = [await gateway.key({ user_id: 'witness' })];
  const traffic = new Traffic({
    gateway: () => gateway,
    keys,
    clients: options.clients ?? 16,
    random,
    streams: 0.3,
  });
  for (let i = 0; i < kills; i += 1) {
    await pause(200 + random() * lifeMs);
    await gateway.kill();
    gateway = await startGateway({ ...launch, folder: gateway.folder, port: gateway.port });
  }
  await pause(500);
  const seen = await traffic.stop();
  const compared = await compare(seen.complete, options.rows, ADOPTION_MS);
  return {
    ...(await after(gateway, options)),
    ...compared,
    kills,
    seen: seen.complete.length,
    broken: seen.broken,
  };
}

async function after(gateway: Gateway, { rows, sandbox }: KillOptions) {
  const booked = (await rows()).reduce((sum, { times }) => sum + times, 0);
  const truth = await sandbox.llamaSwap.truth();
  const upstream = truth.filter(({ path }) => path !== '/v1/models').length;
  const { rssBytes } = gateway.usage();
  await gateway.end();
  return { booked, upstream, rssBytes };
}
