import { type ConfigChanges, type Gateway, type Postgres, type Sandbox, type TcpProxy } from '../harness.ts';

/** What one row of the bar came to. */
export interface Measured {
  readonly pass: boolean;
  /** Figures by name. */
  readonly measured: Readonly<Record<string, number | string>>;
}

/** One row of the bar: a promise that can be measured from outside. */
export interface Row {
  readonly id: string;
  readonly promise: string;
  readonly bar: string;
  run(field: Field): Promise<Measured>;
}

export interface GatewayWish {
  readonly config?: ConfigChanges;
  /** Its way to the database, for a test that cuts it. */
  readonly wire?: TcpProxy;
  readonly name?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly waitsUntilReady?: boolean;
  /** `main.js` of another build. */
  readonly program?: string;
  /** One that has ended: the new one works on its journal, behind its port. */
  readonly after?: Gateway;
}

/** What a row works on; the upstream and the PostgreSQL server are shared, the rest is its own. */
export interface Field {
  readonly sandbox: Sandbox;
  readonly postgres: Postgres;
  /** A database of the row's own. */
  readonly database: string;
  readonly databaseUrl: string;
  readonly seed: number;
  /** The figures of the bar instead of the short form. */
  readonly long: boolean;
  /** How long a soak lasts; null: as long as `long` says. */
  readonly hours: number | null;
  /** Ended with the row. */
  gateway(wish?: GatewayWish): Promise<Gateway>;
  /** A wire to the database; ended with the row. */
  wire(): Promise<TcpProxy>;
  query<T extends object>(sql: string): Promise<T[]>;
}
