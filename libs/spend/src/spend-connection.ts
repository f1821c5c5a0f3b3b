import { isConnectionFailure, unavailableFrom } from '@app/database';
import { UnavailableError } from '@app/call';
import pg from 'pg';

const CONNECT_TIMEOUT_MS = 2_000;
/** A statement that takes longer has lost its connection. */
const QUERY_TIMEOUT_MS = 30_000;

/**
 * The one connection of this process that writes money, apart from the pool: reports cannot keep it waiting. Work is
 * done one piece after another.
 */
export class SpendConnection {
  private client: pg.Client | null = null;
  private queue: Promise<unknown> = Promise.resolve();
  private reachable = false;
  private generation = 0;

  constructor(private readonly url: string) {}

  /** What the last attempt has shown. */
  get isReachable(): boolean {
    return this.reachable;
  }

  /** Changes with each new connection: it may be another server. */
  get epoch(): number {
    return this.generation;
  }

  /** @throws UnavailableError when the database is away; `cause` tells why */
  run<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
    const turn = this.queue.then(() => this.attempt(work));
    this.queue = turn.catch(() => undefined);
    return turn;
  }

  async close(): Promise<void> {
    await this.queue;
    await this.client?.end().catch(() => undefined);
    this.client = null;
  }

  private async attempt<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
    try {
      const result = await work((this.client ??= await this.connect()));
      this.reachable = true;
      return result;
    } catch (error) {
      if (isConnectionFailure(error)) this.drop();
      const unavailable = unavailableFrom(error);
      if (unavailable) this.reachable = false;
      throw unavailable ?? error;
    }
  }

  private async connect(): Promise<pg.Client> {
    const client = new pg.Client({
      connectionString: this.url,
      application_name: 'gateway-spend',
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      query_timeout: QUERY_TIMEOUT_MS,
      keepAlive: true,
      // A row counts as written when it is on the server's disk; compiling a statement of this size costs more than it saves.
      options: '-c synchronous_commit=on -c jit=off -c timezone=UTC',
    });
    client.on('error', () => {
      if (this.client === client) this.drop();
    });
    await client.connect();
    this.generation++;
    return client;
  }

  private drop(): void {
    const { client } = this;
    this.client = null;
    this.reachable = false;
    if (!client) return;
    client.end().catch(() => undefined);
    // A server that hangs would never answer the farewell.
    const { connection } = client as unknown as { connection: { stream: { destroy(): void } } };
    connection.stream.destroy();
  }
}

export function isAway(error: unknown): boolean {
  return error instanceof UnavailableError;
}
