import { connect, createServer, type Server, type Socket } from 'node:net';

export type ProxyMode = 'through' | 'refuse' | 'freeze' | 'slow';

/** How late everything arrives while the wire is slow. */
const SLOW_MS = 500;

interface Address {
  readonly host: string;
  readonly port: number;
}

/** A wire between two programs that a test can cut, freeze or slow down. */
export class TcpProxy {
  #mode: ProxyMode = 'through';
  #server: Server | null = null;
  #port = 0;
  readonly #pairs = new Set<readonly [Socket, Socket]>();
  /** Connections accepted so far. */
  accepted = 0;

  readonly #target: Address;

  constructor(target: Address) {
    this.#target = target;
  }

  get port(): number {
    return this.#port;
  }

  /** Connections that are open now. */
  get open(): number {
    return this.#pairs.size;
  }

  async start(port = 0): Promise<this> {
    await this.#listen(port);
    return this;
  }

  /**
   * `refuse`: as if the program had ended, every connection is cut and none accepted.
   * `freeze`: as if it had been stopped, connections stay and nothing moves. `slow`: each answer is half a second late.
   */
  async become(mode: ProxyMode): Promise<void> {
    this.#mode = mode;
    if (mode === 'refuse') {
      await this.#close();
      return;
    }
    if (!this.#server) await this.#listen(this.#port);
    for (const [near, far] of this.#pairs) this.#apply(near, far);
  }

  /** Cuts every connection; new ones are welcome. */
  cut(): void {
    for (const [near, far] of this.#pairs) {
      near.resetAndDestroy();
      far.destroy();
    }
    this.#pairs.clear();
  }

  async stop(): Promise<void> {
    await this.#close();
  }

  #listen(port: number): Promise<void> {
    const server = createServer((near) => this.#accept(near));
    this.#server = server;
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', () => {
        const address = server.address();
        this.#port = typeof address === 'object' && address ? address.port : 0;
        resolve();
      });
    });
  }

  #accept(near: Socket): void {
    this.accepted += 1;
    const far = connect(this.#target);
    const pair = [near, far] as const;
    this.#pairs.add(pair);
    const end = (): void => {
      this.#pairs.delete(pair);
      near.destroy();
      far.destroy();
    };
    for (const socket of pair) {
      socket.setNoDelay(true);
      socket.on('error', end);
      socket.on('close', end);
    }
    near.on('data', (bytes) => far.write(bytes));
    far.on('data', (bytes) => {
      if (this.#mode === 'slow') setTimeout(() => near.write(bytes), SLOW_MS);
      else near.write(bytes);
    });
    this.#apply(near, far);
  }

  #apply(near: Socket, far: Socket): void {
    for (const socket of [near, far]) {
      if (this.#mode === 'freeze') socket.pause();
      else socket.resume();
    }
  }

  #close(): Promise<void> {
    const server = this.#server;
    this.#server = null;
    this.cut();
    return new Promise((resolve) => {
      if (server) server.close(() => resolve());
      else resolve();
    });
  }
}
