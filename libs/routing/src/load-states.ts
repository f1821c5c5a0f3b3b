import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Deployment, isJsonObject, type JsonValue } from '@app/call';
import { UpstreamClient } from '@app/upstream';
import { LoadTimes } from './load-times.js';
import { LoadWatch } from './load-watch.js';
import { RoutingService } from './routing.service.js';

/** `unloaded`: the upstream could load it. */
export type LoadState = 'starting' | 'ready' | 'stopping' | 'unloaded';

const INTERVAL_MS = 5_000;
/** While calls wait for a model. */
const WAITING_MS = 500;
/** An upstream that does not know the question is asked again after so many rounds. */
const PATIENCE_ROUNDS = 60;
const TIMEOUT_MS = 2_000;
const STATES: ReadonlySet<unknown> = new Set<LoadState>(['starting', 'ready', 'stopping']);

/**
 * Which models the upstreams hold in memory: llama-swap tells by `GET /running`. Asking loads nothing and keeps
 * nothing awake.
 */
@Injectable()
export class LoadStates implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #logger = new Logger(LoadStates.name);
  /** How long models took to load, as far as the rounds of asking can tell. */
  readonly times = new LoadTimes();
  readonly #stopped = new AbortController();
  readonly #running = new Map<string, ReadonlyMap<string, LoadState>>();
  readonly #silentUntil = new Map<string, number>();
  /** Who waits for a model, by the origin that loads it. */
  readonly #watched = new Map<string, Map<LoadWatch, Deployment>>();
  #round = 0;

  constructor(
    private readonly routing: RoutingService,
    private readonly upstream: UpstreamClient,
  ) {}

  onApplicationBootstrap(): void {
    void this.#keepAsking();
  }

  onApplicationShutdown(): void {
    this.#stopped.abort();
  }

  /** Null where its upstream does not tell. */
  of({ origin, upstreamModel }: Pick<Deployment, 'origin' | 'upstreamModel'>): LoadState | null {
    const running = this.#running.get(origin);
    return running ? (running.get(upstreamModel) ?? 'unloaded') : null;
  }

  /** Null where the model is there already, and where its upstream does not tell. To be ended. */
  watch(deployment: Deployment): LoadWatch | null {
    const state = this.of(deployment);
    if (state === null || state === 'ready') return null;
    const watch = new LoadWatch();
    const watched = this.#watched.get(deployment.origin);
    if (watched) watched.set(watch, deployment);
    else {
      this.#watched.set(deployment.origin, new Map([[watch, deployment]]));
      void this.#follow(deployment);
    }
    return watch;
  }

  /** What each upstream that tells holds in memory, by its origin. */
  all(): ReadonlyMap<string, ReadonlyMap<string, LoadState>> {
    return this.#running;
  }

  /** Asks all upstreams once. */
  async askAll(): Promise<void> {
    this.#round += 1;
    const byOrigin = new Map(
      this.routing.table.discoverable.map((deployment) => [deployment.origin, deployment]),
    );
    for (const origin of this.#running.keys()) if (!byOrigin.has(origin)) this.#running.delete(origin);
    await Promise.all([...byOrigin.values()].map((deployment) => this.#ask(deployment)));
  }

  async #keepAsking(): Promise<void> {
    const { signal } = this.#stopped;
    while (!signal.aborted) {
      await this.askAll();
      await sleep(INTERVAL_MS, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }

  /** Asks often as long as somebody waits for a model of this upstream. */
  async #follow(deployment: Deployment): Promise<void> {
    const watched = this.#watched.get(deployment.origin);
    while (watched && watched.size > 0 && !this.#stopped.signal.aborted) {
      const askedAtMs = performance.now();
      await this.#ask(deployment);
      for (const [watch, wanted] of watched) {
        watch.saw(this.of(wanted), askedAtMs);
        if (!watch.isOpen) watched.delete(watch);
      }
      if (watched.size > 0) await sleep(WAITING_MS, undefined, { ref: false });
    }
    this.#watched.delete(deployment.origin);
  }

  async #ask(deployment: Deployment): Promise<void> {
    const { origin } = deployment;
    if ((this.#silentUntil.get(origin) ?? 0) > this.#round) return;
    try {
      const answer = await this.upstream.getJson({ ...deployment, basePath: '' }, '/running', {
        timeoutMs: TIMEOUT_MS,
      });
      const running = readRunning(answer);
      if (running) {
        this.#running.set(origin, running);
        this.times.saw(origin, running, performance.now());
      } else this.#giveUp(origin, 'its answer lists no models');
    } catch (error) {
      this.#running.delete(origin);
      const status = error instanceof Error && 'status' in error ? error.status : null;
      if (status === 404) this.#giveUp(origin, 'it does not know the question');
    }
  }

  #giveUp(origin: string, reason: string): void {
    this.#running.delete(origin);
    this.#silentUntil.set(origin, this.#round + PATIENCE_ROUNDS);
    this.#logger.debug(`${origin} does not tell which models are loaded: ${reason}`);
  }
}

/** Command lines and addresses that stand there too are left behind. */
export function readRunning(answer: JsonValue): ReadonlyMap<string, LoadState> | null {
  const list = isJsonObject(answer) ? answer['running'] : null;
  if (!Array.isArray(list)) return null;
  const running = new Map<string, LoadState>();
  for (const item of list) {
    if (!isJsonObject(item) || typeof item['model'] !== 'string') continue;
    if (STATES.has(item['state'])) running.set(item['model'], item['state'] as LoadState);
  }
  return running;
}
