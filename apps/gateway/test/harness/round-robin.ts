import {
  Agent,
  createServer,
  type IncomingMessage,
  request,
  type Server,
  type ServerResponse,
} from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

const PROBE_EVERY_MS = 200;
const PROBE_PATIENCE_MS = 2_000;

interface Backend {
  readonly port: number;
  readonly agent: Agent;
  isReady: boolean;
  served: number;
}

/**
 * What stands in front of replicas: each request goes to the next one that says it is ready. A request that could not be
 * delivered at all goes to another; one that broke later breaks for the client, too.
 */
export class RoundRobin {
  readonly #backends = new Map<number, Backend>();
  #server: Server | null = null;
  #turn = 0;
  #isOver = false;
  #probing: Promise<void> | null = null;
  port = 0;

  async start(): Promise<this> {
    const server = createServer({ keepAliveTimeout: 0, requestTimeout: 0 }, (req, res) =>
      this.#forward(req, res, this.#backends.size),
    );
    this.#server = server;
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    this.port = typeof address === 'object' && address ? address.port : 0;
    this.#probing = this.#probe();
    return this;
  }

  /** Resolves when it gets its share. */
  async add(port: number): Promise<void> {
    const backend: Backend = { port, agent: new Agent({ keepAlive: true }), isReady: false, served: 0 };
    this.#backends.set(port, backend);
    while (!backend.isReady) await sleep(10);
  }

  /** Answers that came from it; it gets no more. */
  remove(port: number): number {
    const backend = this.#backends.get(port);
    this.#backends.delete(port);
    backend?.agent.destroy();
    return backend?.served ?? 0;
  }

  isReady(port: number): boolean {
    return this.#backends.get(port)?.isReady === true;
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await this.#probing;
    for (const port of [...this.#backends.keys()]) this.remove(port);
    this.#server?.closeAllConnections();
    await new Promise((resolve) => this.#server?.close(resolve));
  }

  async #probe(): Promise<void> {
    while (!this.#isOver) {
      await Promise.all([...this.#backends.values()].map((backend) => this.#look(backend)));
      await sleep(PROBE_EVERY_MS);
    }
  }

  async #look(backend: Backend): Promise<void> {
    const status = await new Promise<number>((resolve) => {
      const asked = request({ port: backend.port, path: '/health/readiness', timeout: PROBE_PATIENCE_MS });
      asked.on('timeout', () => asked.destroy());
      asked.on('error', () => resolve(0));
      asked.on('response', (answer) => {
        answer.resume();
        resolve(answer.statusCode ?? 0);
      });
      asked.end();
    });
    backend.isReady = status === 200;
  }

  #next(): Backend | null {
    const ready = [...this.#backends.values()].filter(({ isReady }) => isReady);
    this.#turn += 1;
    return ready[this.#turn % ready.length] ?? null;
  }

  #forward(req: IncomingMessage, res: ServerResponse, tries: number): void {
    const backend = this.#next();
    if (!backend || tries === 0) {
      res.writeHead(503, { 'retry-after': '1' }).end();
      return;
    }
    const { method = 'GET', url = '/', headers } = req;
    const onward = request({ port: backend.port, agent: backend.agent, method, path: url, headers });
    onward.on('response', (answer) => {
      backend.served += 1;
      res.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(res);
      answer.on('error', () => res.destroy());
    });
    onward.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED' && !res.headersSent && !req.destroyed) {
        backend.isReady = false;
        req.unpipe(onward);
        this.#forward(req, res, tries - 1);
      } else res.destroy();
    });
    res.on('close', () => {
      if (!res.writableFinished) onward.destroy();
    });
    req.pipe(onward);
  }
}
