import { type FromWorker, type ToWorker } from './worker-messages.js';

/** How the launcher tells a process that it is one of several. */
export const WORKER_ARGUMENT = '--worker';

/** What a worker says to the process that launched it, and hears from it. */
export class WorkerLink {
  readonly #asked = new Map<number, (text: string) => void>();
  #count = 0;
  /** Gives the scrape of this process alone. */
  ownScrape: (format: string) => Promise<string> = () => Promise.resolve('');

  /** Null where this process serves alone. */
  static ofThisProcess(): WorkerLink | null {
    return process.argv.includes(WORKER_ARGUMENT) && process.connected ? new WorkerLink() : null;
  }

  private constructor() {
    process.on('message', (message: ToWorker) => void this.#onMessage(message));
    // A launcher that was killed cannot say so: nobody would ever end this process.
    process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
  }

  ready(): void {
    this.#tell({ kind: 'ready' });
  }

  /** The scrape of all workers together. */
  joinScrape(text: string, format: string): Promise<string> {
    if (!process.connected) return Promise.resolve(text);
    const id = (this.#count += 1);
    return new Promise((resolve) => {
      this.#asked.set(id, resolve);
      this.#tell({ kind: 'scrape-asked', id, format, text });
    });
  }

  async #onMessage(message: ToWorker): Promise<void> {
    const { id } = message;
    if (message.kind === 'scrape-joined') {
      this.#asked.get(id)?.(message.text);
      this.#asked.delete(id);
      return;
    }
    // A scrape that fails is one that is left out.
    const text = await this.ownScrape(message.format).catch(() => '');
    this.#tell({ kind: 'scrape-given', id, text });
  }

  #tell(message: FromWorker): void {
    // Nobody to tell is no reason to fail: the launcher is gone, and so will we be.
    if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
  }
}
