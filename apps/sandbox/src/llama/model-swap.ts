import type { LlamaSettings } from './llama-settings.js';
import type { Refusal } from './swap-errors.js';

export type ModelState = 'starting' | 'ready' | 'stopping';

/** A place at a ready model, or why there is none. */
export interface Waiter {
  model: string;
  granted(): void;
  refused(refusal: Refusal): void;
}

/** Decides whose process runs: one model at a time, and never by ending a request that is under way. */
export class ModelSwap {
  private readonly states = new Map<string, ModelState>();
  private readonly running = new Map<string, number>();
  private waiting: Waiter[] = [];
  private readonly idle = new Map<string, NodeJS.Timeout>();
  private readonly busyListeners = new Map<string, Set<() => void>>();

  constructor(private readonly settings: LlamaSettings) {}

  /** Grants or refuses, at once when nothing has to be loaded. */
  ask(waiter: Waiter): void {
    const { concurrencyLimit } = this.settings;
    if (concurrencyLimit > 0 && this.load(waiter.model) >= concurrencyLimit) {
      waiter.refused('too-many');
      return;
    }
    if (!this.swapping) {
      this.states.set(waiter.model, 'ready');
      this.grant(waiter);
      return;
    }
    if (this.states.get(waiter.model) === 'ready' && this.isNext(waiter.model)) {
      this.grant(waiter);
      return;
    }
    this.waiting.push(waiter);
    this.advance();
  }

  /** A client that waited no longer does; a load that has begun goes on. */
  leave(waiter: Waiter): void {
    this.waiting = this.waiting.filter((other) => other !== waiter);
  }

  /** The request is over; others may now be served. */
  release(model: string): void {
    this.running.set(model, Math.max(0, (this.running.get(model) ?? 0) - 1));
    const { ttlSeconds } = this.settings;
    if (ttlSeconds > 0 && this.load(model) === 0) {
      clearTimeout(this.idle.get(model));
      const timer = setTimeout(() => this.states.delete(model), ttlSeconds * 1000);
      this.idle.set(model, timer.unref());
    }
    if (this.waiting.length > 0) this.advance();
  }

  isReady(model: string): boolean {
    return !this.swapping || this.states.get(model) === 'ready';
  }

  /** Processes that are not stopped. */
  list(): { model: string; state: ModelState }[] {
    return Array.from(this.states, ([model, state]) => ({ model, state }));
  }

  /** Stops one model or all, busy or not: whoever waited or was being served is cut off. */
  unload(model?: string): void {
    const gone = this.waiting.filter((waiter) => model === undefined || waiter.model === model);
    this.waiting = this.waiting.filter((waiter) => !gone.includes(waiter));
    const stopped = model === undefined ? [...this.states.keys()] : [model];
    for (const name of stopped) {
      this.states.delete(name);
      const listeners = [...(this.busyListeners.get(name) ?? [])];
      for (const listener of listeners) listener();
    }
    for (const waiter of gone) waiter.refused('unloaded');
  }

  /** Stops what nobody uses. */
  forgetIdle(): void {
    for (const model of this.states.keys()) if (this.load(model) === 0) this.states.delete(model);
  }

  /** Calls back when the process of a running request is stopped under it. */
  onStopped(model: string, listener: () => void): () => void {
    let listeners = this.busyListeners.get(model);
    if (listeners === undefined) this.busyListeners.set(model, (listeners = new Set()));
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  private get swapping(): boolean {
    return this.settings.swap === 'on' || (this.settings.swap === 'auto' && this.settings.loadMs > 0);
  }

  private load(model: string): number {
    const queued = this.waiting.filter((waiter) => waiter.model === model).length;
    return (this.running.get(model) ?? 0) + queued;
  }

  /** Once another model's turn has come, the resident one gets no new requests. */
  private isNext(model: string): boolean {
    const first = this.waiting[0];
    return first === undefined || first.model === model;
  }

  private grant(waiter: Waiter): void {
    this.running.set(waiter.model, (this.running.get(waiter.model) ?? 0) + 1);
    clearTimeout(this.idle.get(waiter.model));
    waiter.granted();
  }

  private advance(): void {
    const next = this.waiting[0]?.model;
    if (next === undefined) return;
    if (this.states.get(next) === 'ready') {
      const together = this.waiting.filter((waiter) => waiter.model === next);
      this.waiting = this.waiting.filter((waiter) => waiter.model !== next);
      for (const waiter of together) this.grant(waiter);
      return;
    }
    const others = [...this.states].filter(([model]) => model !== next);
    const busy = others.some(([model, state]) => state === 'starting' || (this.running.get(model) ?? 0) > 0);
    if (busy || this.states.has(next)) return;
    for (const [model] of others) this.states.delete(model);
    this.start(next);
  }

  private start(model: string): void {
    this.states.set(model, 'starting');
    setTimeout(() => {
      if (this.states.get(model) !== 'starting') return;
      if (this.settings.failStart.includes(model)) this.failed(model);
      else this.states.set(model, 'ready');
      this.advance();
    }, this.settings.loadMs);
  }

  private failed(model: string): void {
    this.states.delete(model);
    const together = this.waiting.filter((waiter) => waiter.model === model);
    this.waiting = this.waiting.filter((waiter) => waiter.model !== model);
    for (const waiter of together) waiter.refused('start-failed');
  }
}
