import { configText, type Gateway, type Postgres, type Sandbox, startGateway, TcpProxy } from '../harness.ts';
import { ARENA_ENVIRONMENT } from '../attacks/arena.ts';
import { type Field } from './row.ts';
import { type Aftermath, Witness } from './witness.ts';

let count = 0;

interface Shared {
  readonly sandbox: Sandbox;
  readonly postgres: Postgres;
  readonly seed: number;
  readonly long: boolean;
  readonly hours: number | null;
  /** Of the gateways; null: wherever there is room. */
  readonly core: number | null;
}

/** A field for one row. */
interface Prepared {
  readonly field: Field;
  /** Compares the books with what was seen, and looks for secrets where none may be. */
  judge(): Promise<Aftermath>;
  clear(): Promise<void>;
}

export async function fieldFor(shared: Shared): Promise<Prepared> {
  const { sandbox, postgres, core } = shared;
  const database = `row_${process.pid}_${(count += 1)}`;
  const databaseUrl = await postgres.database(database);
  const gateways: Gateway[] = [];
  const wires: TcpProxy[] = [];
  const witness = new Witness();
  await sandbox.llamaSwap.reset({ settings: true });
  const field: Field = {
    ...shared,
    database,
    databaseUrl,
    gateway: async ({ config, wire, name, env, after, program, waitsUntilReady = true } = {}) => {
      const gateway = await startGateway({
        config: configText(config),
        databaseUrl: wire ? throughWire(databaseUrl, wire) : databaseUrl,
        llamaSwapUrl: sandbox.llamaSwap.url,
        env: { ...sandbox.environment, ...ARENA_ENVIRONMENT, ...env },
        waitsUntilReady,
        ...(name === undefined ? {} : { name }),
        ...(core === null ? {} : { core }),
        ...(program === undefined ? {} : { program }),
        ...(after === undefined ? {} : { folder: after.folder, port: after.port }),
      });
      gateways.push(gateway);
      witness.watch(gateway);
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
  return {
    field,
    judge: async () => {
      await Promise.all(wires.map((wire) => wire.become('through')));
      return witness.judge(field, gateways);
    },
    clear: () => clear(gateways, wires),
  };
}

async function clear(gateways: readonly Gateway[], wires: readonly TcpProxy[]): Promise<void> {
  await Promise.all(gateways.map((gateway) => (gateway.isUp ? gateway.kill() : gateway.http.close())));
  for (const gateway of gateways) gateway.forget();
  await Promise.all(wires.map((wire) => wire.stop()));
}

function throughWire(databaseUrl: string, wire: TcpProxy): string {
  return Object.assign(new URL(databaseUrl), { port: String(wire.port) }).href;
}
