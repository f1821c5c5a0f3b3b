import { join } from 'node:path';
import { type GatewayOptions, type Gateway, startGateway } from '../harness/gateway.ts';
import { type Arena, ARENA_ENVIRONMENT } from './arena.ts';

/** Does something with one more gateway in the arena: same database, same upstreams, a life of its own. */
export async function withGateway<T>(
  arena: Arena,
  { env, ...options }: GatewayOptions,
  work: (gateway: Gateway) => Promise<T>,
): Promise<T> {
  const gateway = await startGateway({
    name: 'another',
    databaseUrl: arena.database.url,
    llamaSwapUrl: arena.sandbox.llamaSwap.url,
    ...options,
    env: { ...arena.sandbox.environment, ...ARENA_ENVIRONMENT, ...env },
  });
  try {
    return await work(gateway);
  } finally {
    await gateway.end();
  }
}

/** The variable that loads a script of `preload/` into a gateway before its own code. */
export const preloading = (name: string): Readonly<Record<string, string>> => ({
  NODE_OPTIONS: `--import=${join(import.meta.dirname, 'preload', name)}`,
});
