import { type ChildProcess, fork } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { ScrapeDesk, type Scraped } from './scrape-desk.js';
import { WORKER_ARGUMENT } from './worker-link.js';
import { type FromWorker, type ToWorker } from './worker-messages.js';

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;
/** A worker that lived so long did not end because it cannot start. */
const STEADY_MS = 60_000;

export interface WorkerPoolOptions {
  readonly count: number;
  /** The program that each of them runs. */
  readonly program: string;
  readonly env: NodeJS.ProcessEnv;
  readonly warn: (message: string) => void;
}

/** A worker did not come up; it has said why. */
export class WorkerStartError extends Error {
  constructor(readonly exitCode: number) {
    super('A worker could not start.');
  }
}

/** Keeps so many workers running: one that ends is replaced, after longer and longer pauses where that does not help. */
export class WorkerPool {
  readonly #desk = new ScrapeDesk();
  readonly #processes = new Set<ChildProcess>();
  /** Whether a worker that ends is to be replaced. */
  #isKept = false;
  #pauseMs = FIRST_PAUSE_MS;

  constructor(private readonly options: WorkerPoolOptions) {}

  /** Resolves when all of them take requests. @throws WorkerStartError when one of them cannot; then none runs */
  async start(): Promise<void> {
    const starts = Array.from({ length: this.options.count }, () => this.#launch());
    try {
      await Promise.all(starts);
      this.#isKept = true;
    } catch (error) {
      await this.end('SIGTERM');
      throw error;
    }
  }

  /** For signals that ask for something else than the end. */
  tell(signal: NodeJS.Signals): void {
    for (const child of this.#processes) child.kill(signal);
  }

  /** Passes the signal on; resolves when the last worker is gone. */
  async end(signal: NodeJS.Signals): Promise<void> {
    this.#isKept = false;
    const ended = [...this.#processes].map((child) => new Promise((resolve) => child.once('exit', resolve)));
    this.tell(signal);
    await Promise.all(ended);
  }

  #launch(): Promise<void> {
    const { program, env } = this.options;
    const startedAtMs = performance.now();
    // In a group of its own: Ctrl-C in a terminal reaches the launcher alone, which passes it on once.
    const child = fork(program, [WORKER_ARGUMENT], { env, detached: true });
    this.#processes.add(child);
    const worker: Scraped = {
      send: (message: ToWorker) => {
        if (child.connected) child.send(message, () => undefined);
      },
    };
    return new Promise((resolve, reject) => {
      child.on('message', (message: FromWorker) => {
        if (message.kind === 'ready') {
          this.#desk.add(worker);
          resolve();
        } else this.#desk.heard(worker, message);
      });
      const ended = (how: string, code: number | null): void => {
        this.#processes.delete(child);
        this.#desk.remove(worker);
        // Once it was ready this is heard by nobody.
        reject(new WorkerStartError(code ?? 1));
        if (this.#isKept) void this.#replace(how, performance.now() - startedAtMs);
      };
      child.once('error', (error) => ended(error.message, null));
      child.once('exit', (code, signal) => ended(signal ?? `code ${code}`, code));
    });
  }

  async #replace(how: string, livedMs: number): Promise<void> {
    if (livedMs > STEADY_MS) this.#pauseMs = FIRST_PAUSE_MS;
    this.options.warn(`A worker ended (${how}); another one starts in ${this.#pauseMs} ms`);
    await sleep(this.#pauseMs);
    this.#pauseMs = Math.min(this.#pauseMs * 2, LONGEST_PAUSE_MS);
    if (this.#isKept) await this.#launch().catch(() => undefined);
  }
}
