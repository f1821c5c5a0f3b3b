import { type BeforeApplicationShutdown, Injectable } from '@nestjs/common';
import { type Call, type Deployment } from '@app/call';
import { type CacheSettings, type ConfigStore } from '@app/config';
import { type DataSource } from 'typeorm';
import { type Answers, AnswerPlace } from './answer-place.js';
import { cacheKeyOf } from './cache-key.js';
import { cacheWishesOf } from './cache-wishes.js';
import { type AnswerStore } from './kept-answer.js';
import { MemoryAnswers } from './memory-answers.js';
import { PostgresAnswers } from './postgres-answers.js';

interface Open extends Answers {
  readonly settings: CacheSettings;
}

/** Answers that are given again to equal calls of the same tenant, where the configuration switches that on. */
@Injectable()
export class AnswerCache implements BeforeApplicationShutdown {
  #open: Open | null = null;

  constructor(
    config: ConfigStore,
    private readonly dataSource: Pick<DataSource, 'query'>,
  ) {
    this.#configure(config.current.litellm.cache);
    config.onChange((next) => this.#configure(next.litellm.cache));
  }

  /** False costs a call nothing more than asking. */
  get isOn(): boolean {
    return this.#open !== null;
  }

  /** Where answers are kept; null while that is switched off. */
  get kind(): CacheSettings['store'] | null {
    return this.#open?.settings.store ?? null;
  }

  /**
   * Forgets answers, by the keys that `x-litellm-cache-key` told, or all of them. What is kept in memory is forgotten in this
   * process.
   */
  async drop(keys: readonly string[] | null): Promise<void> {
    await this.#open?.store.drop(keys);
  }

  /**
   * The place of a call's answer; null where none is kept.
   * @param plan every deployment that may answer
   * @param variant what the door adds to the request
   * @throws BadRequestError for `cache` controls that cannot be understood
   */
  placeOf(call: Call, plan: readonly Deployment[], variant: string): AnswerPlace | null {
    const open = this.#open;
    if (!open || !open.settings.callTypes.includes(call.type) || call.caller.kind === 'anonymous')
      return null;
    const wishes = cacheWishesOf(call, open.settings);
    if (!wishes) return null;
    const key = cacheKeyOf(call, open.settings, { plan, variant, namespace: wishes.namespace });
    return new AnswerPlace(key, wishes, open);
  }

  beforeApplicationShutdown(): void {
    this.#open?.store.close();
  }

  /** A reload that does not touch these settings keeps what is in memory. */
  #configure(settings: CacheSettings | null): void {
    if (JSON.stringify(settings) === JSON.stringify(this.#open?.settings ?? null)) return;
    this.#open?.store.close();
    this.#open = settings && {
      settings,
      store: this.#storeFor(settings),
      flights: new Map(),
      maxEntryBytes: settings.maxEntryBytes,
    };
  }

  #storeFor({ store, maxBytes }: CacheSettings): AnswerStore {
    return store === 'memory' ? new MemoryAnswers(maxBytes) : new PostgresAnswers(this.dataSource, maxBytes);
  }
}
