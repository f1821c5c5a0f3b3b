import { configText, type Gateway, type Postgres, type Sandbox, startGateway, TcpProxy } from '../harness.ts';
import { ARENA_ENVIRONMENT } from '../attacks/arena.ts';
import { type Field } from './row.ts';

let count = 0;

interface Shared {
  readonly sandbox: Sandbox;
  readonly postgres: Postgres;
  readonly seed: number;
  readonly long: boolean;
}

/** A field for one row, and what clears it. */
export async function fieldFor(shared: Shared): Promise<{ readonly field: Field; clear(): Promise<void> }> {
  const { sandbox, postgres } = shared;
  const database = `row_${process.pid}_${(count += 1)}`;
  const databaseUrl = await postgres.database(database);
  const gateways: Gateway[] = [];
  const wires: TcpProxy[] = [];
  await sandbox.llamaSwap.reset({ settings: true });
  const field: Field = {
    ...shared,
    database,
    databaseUrl,
    gateway: async ({ config, wire, name, env, waitsUntilReady = true } = {}) => {
      const gateway = await startGateway({
        config: configText(config),
        databaseUrl: wire ? throughWire(databaseUrl, wire) : databaseUrl,
        llamaSwapUrl: sandbox.llamaSwap.url,
        env: { ...sandbox.environment, ...ARENA_ENVIRONMENT, ...env },
        waitsUntilReady,
        ...(name === undefined ? {} : { name }),
      });
      gateways.push(gateway);
      return gateway;
    },
    wire: async () => {
      const { hostname, port } = new URL(databaseUrl);
      const wire = await new TcpProxy({ host: hostname, port: Number(port) }).start();
      wires.push(wire);
      return wire;
    },
    query: <T extends object>(sql: string) => postgres.query(sql, [], database) as unknown as Promise<T[]>,
  };
  return { field, clear: () => clear(gateways, wires) };
}

async function clear(gateways: readonly Gateway[], wires: readonly TcpProxy[]): Promise<void> {
  await Promise.all(gateways.map((gateway) => (gateway.isUp ? gateway.kill() : gateway.http.close())));
  for (const gateway of gateways) gateway.forget();
  await Promise.all(wires.map((wire) => wire.stop()));
}

function throughWire(databaseUrl: string, wire: TcpProxy): string {
  return Object.assign(new URL(databaseUrl), { port: String(wire.port) }).href;
}
