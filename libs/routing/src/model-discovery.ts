import { Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Deployment, type JsonValue } from '@app/call';
import { type ConfigStore } from '@app/config';
import { type UpstreamClient } from '@app/upstream';
import { addressOf, type Catalogue, type DiscoveredModel, readListing } from './catalogue.js';
import { type RoutingService } from './routing.service.js';

export const DISCOVERY_INTERVAL_MS = 30_000;
const TIMEOUT_MS = 5_000;
/** An upstream that starts together with the gateway is not waited for half a minute. */
const FIRST_PAUSE_MS = 1_000;

type Listing = ReadonlyMap<string, DiscoveredModel>;

/**
 * Asks the upstreams behind wildcards which models they have: when the process starts, and again and again, never
 * while a request waits for it. Asking loads no model. What an upstream last said stays true while it is away.
 */
export class ModelDiscovery implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #logger = new Logger(ModelDiscovery.name);
  readonly #stopped = new AbortController();
  readonly #silent = new Set<string>();
  readonly #first = Promise.withResolvers<null>();
  #wake = new AbortController();
  #catalogue: Catalogue = new Map();
  #stopWatching: () => void = () => undefined;

  constructor(
    private readonly routing: RoutingService,
    private readonly upstream: UpstreamClient,
    private readonly config: ConfigStore,
    private readonly intervalMs: number,
  ) {}

  /** Resolves after every upstream was asked once, whatever came of it. */
  async whenDiscovered(): Promise<void> {
    await this.#first.promise;
  }

  /** What the upstreams said last, loaded or not included. */
  get catalogue(): Catalogue {
    return this.#catalogue;
  }

  onApplicationBootstrap(): void {
    this.#stopWatching = this.config.onChange(() => this.#wake.abort());
    void this.#keepAsking();
  }

  onApplicationShutdown(): void {
    this.#stopWatching();
    this.#stopped.abort();
    this.#wake.abort();
  }

  async #keepAsking(): Promise<void> {
    for (let pauseMs = FIRST_PAUSE_MS; !this.#stopped.signal.aborted; pauseMs *= 2) {
      this.#wake = new AbortController();
      const isComplete = await this.#askAll();
      this.#first.resolve(null);
      const waitMs = isComplete ? this.intervalMs : Math.min(pauseMs, this.intervalMs);
      await sleep(waitMs, undefined, { signal: this.#wake.signal, ref: false }).catch(() => undefined);
    }
  }

  /** False: some upstream has never told what it has. */
  async #askAll(): Promise<boolean> {
    const { discoverable } = this.routing.table;
    const listings = await Promise.all(discoverable.map((deployment) => this.#ask(deployment)));
    if (this.#stopped.signal.aborted) return true;
    const next = new Map<string, Listing>();
    discoverable.forEach((deployment, index) => {
      const address = addressOf(deployment);
      const listing = listings[index] ?? this.#catalogue.get(address);
      if (listing) next.set(address, listing);
    });
    const changed = !sameCatalogue(this.#catalogue, next);
    this.#catalogue = next;
    if (changed) this.routing.discovered(next);
    return next.size === discoverable.length;
  }

  /** Null: no answer that can be used. */
  async #ask(deployment: Deployment): Promise<Listing | null> {
    const address = addressOf(deployment);
    try {
      const answer: JsonValue = await this.upstream.getJson(deployment, '/models', { timeoutMs: TIMEOUT_MS });
      const listing = readListing(answer);
      if (listing) {
        if (this.#silent.delete(address)) this.#logger.log(`${address} lists its models again.`);
        return listing;
      }
      this.#complain(address, 'the answer is no list of models');
    } catch (error) {
      this.#complain(address, error instanceof Error ? error.message : String(error));
    }
    return null;
  }

  /** Once, not every half minute. */
  #complain(address: string, reason: string): void {
    if (this.#silent.has(address) || this.#stopped.signal.aborted) return;
    this.#silent.add(address);
    this.#logger.warn(`${address} does not list its models: ${reason}`);
  }
}

/** Whether two catalogues lead to the same table; which models are loaded at the moment makes no difference. */
function sameCatalogue(a: Catalogue, b: Catalogue): boolean {
  return textOf(a) === textOf(b);
}

function textOf(catalogue: Catalogue): string {
  const rows = [...catalogue].map(([address, listing]) => [
    address,
    [...listing.values()].map(({ id, capabilities, contextLength }) => [
      id,
      capabilities && [...capabilities],
      contextLength,
    ]),
  ]);
  return JSON.stringify(rows);
}
