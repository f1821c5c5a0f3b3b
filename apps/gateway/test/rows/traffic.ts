import { setTimeout as sleep } from 'node:timers/promises';
import { chunksOf, type Gateway, stringOf } from '../harness.ts';

/** What clients saw while traffic ran. */
export interface Seen {
  /** Response ids of answers that were complete: a whole body, or a stream with `[DONE]`. */
  readonly complete: string[];
  /** Statuses of whole answers that were errors. */
  readonly errors: number[];
  /** Answers that broke off, or that never came. */
  broken: number;
  /** Of the answers that were complete, in the order of `complete`. */
  readonly tookMs: number[];
}

export interface TrafficOptions {
  readonly gateway: () => Gateway;
  readonly keys: readonly string[];
  readonly clients: number;
  readonly random: () => number;
  /** Share of the calls that stream. */
  readonly streams: number;
  /** Waits between two calls of one client. */
  readonly pauseMs?: number;
  readonly fields?: object;
}

/** Clients that call one after the other until they are told to stop. */
export class Traffic {
  readonly seen: Seen = { complete: [], errors: [], broken: 0, tookMs: [] };
  readonly #options: TrafficOptions;
  readonly #clients: Promise<void>[];
  #stopped = false;

  constructor(options: TrafficOptions) {
    this.#options = options;
    this.#clients = Array.from({ length: options.clients }, (_, i) => this.#run(i));
  }

  async stop(): Promise<Seen> {
    this.#stopped = true;
    await Promise.all(this.#clients);
    return this.seen;
  }

  async #run(index: number): Promise<void> {
    const { keys, random, streams, pauseMs = 0 } = this.#options;
    const key = keys[index % keys.length] ?? '';
    while (!this.#stopped) {
      await this.#call(key, random() < streams).catch(() => {
        this.seen.broken += 1;
        return sleep(20);
      });
      if (pauseMs > 0) await sleep(pauseMs);
    }
  }

  async #call(key: string, stream: boolean): Promise<void> {
    const startedAt = performance.now();
    const { status, text, json } = await this.#options
      .gateway()
      .chat({ stream, ...this.#options.fields }, { key });
    if (status !== 200) {
      this.seen.errors.push(status);
      return;
    }
    if (stream && !text.trimEnd().endsWith('data: [DONE]')) throw new Error('the stream broke off');
    this.seen.complete.push(stringOf(stream ? chunksOf(text)[0]?.id : json?.id));
    this.seen.tookMs.push(performance.now() - startedAt);
  }
}
