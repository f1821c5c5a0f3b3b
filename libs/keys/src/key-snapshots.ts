import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { UnavailableError } from '@app/call';
import { NotificationService, unavailableFrom } from '@app/database';
import { KEY_CHANNEL, KeyChanges } from './key-changes.js';
import { type KeyEntity } from './key.entity.js';
import { KeyLoader } from './key-loader.js';
import { type KeySnapshot, snapshotOf } from './key-snapshot.js';
import { LookupLimiter } from './lookup-limiter.js';
import { SnapshotMemory } from './snapshot-memory.js';

const POLL_MS = 5_000;
const POLL_WHILE_AWAY_MS = 500;
/** A key in the database that is slow or away is answered within this. */
const FIND_DEADLINE_MS = 500;
const RETRY_REFRESH_MS = 5_000;
/** A revocation cannot be honoured while the database is away, so not for longer than this. */
const HARD_STALENESS_MS = 10 * 60_000;
const UNKNOWN_LOOKUPS_PER_SECOND = 20;
const REFRESH_CHUNK = 1000;

/** The keys as this process knows them: in memory, kept true by the list of changes. */
@Injectable()
export class KeySnapshots implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger(KeySnapshots.name);
  private readonly memory = new SnapshotMemory();
  private readonly loader = new KeyLoader((hashes) => this.query(hashes));
  private readonly limiter = new LookupLimiter(UNKNOWN_LOOKUPS_PER_SECOND);
  private wake = new AbortController();
  private following: Promise<void> = Promise.resolve();
  /** The epoch up to which all changes are filed; null before the first load. */
  private seen: number | null = null;
  private away = false;
  private stopped = false;
  private syncedAtMs = Date.now();

  constructor(
    private readonly changes: KeyChanges,
    private readonly notifications: NotificationService,
  ) {}

  /** Whether keys can be checked against the database right now. */
  get isFollowing(): boolean {
    return this.seen !== null && !this.away;
  }

  /**
   * The snapshot, if it is in memory: no waiting.
   * @throws UnavailableError when the database has been away for so long that it may be outdated
   */
  recall(keyHash: string, nowMs: number): KeySnapshot | undefined {
    const held = this.memory.recall(keyHash);
    if (held === undefined) return undefined;
    if (this.away && nowMs - this.syncedAtMs > HARD_STALENESS_MS) throw unavailable();
    if (nowMs >= held.refreshAtMs && !this.away) {
      held.refreshAtMs = nowMs + RETRY_REFRESH_MS;
      this.loader.load(keyHash).catch(() => undefined);
    }
    return held.snapshot;
  }

  /**
   * Whether it is clear without a query that there is no such key. Credentials that no key begins like
   * may ask the database 20 times a second all together; the rest of a flood is answered from memory.
   * @throws UnavailableError while the database is away: nobody can tell then
   */
  isUnknown(keyHash: string, nowMs: number): boolean {
    if (this.memory.isAbsent(keyHash, nowMs)) return true;
    if (this.away) throw unavailable();
    return !this.memory.mayExist(keyHash) && !this.limiter.take(nowMs);
  }

  /** Asks the database, within half a second. @throws UnavailableError when it is slow or away */
  async find(keyHash: string): Promise<KeySnapshot | null> {
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(unavailable()), FIND_DEADLINE_MS).unref();
    });
    try {
      await Promise.race([this.loader.load(keyHash), patience]);
      return this.memory.recall(keyHash)?.snapshot ?? null;
    } catch (error) {
      throw unavailableFrom(error) ?? error;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Files what this process has just committed: the next request sees it. */
  file(keyHash: string, key: KeyEntity | null, version: number): void {
    if (key) this.memory.present(snapshotOf(key), Date.now());
    else this.memory.absent(keyHash, version, Date.now());
  }

  onApplicationBootstrap(): void {
    this.notifications.listen(KEY_CHANNEL, () => this.wake.abort());
    this.notifications.onReconnect(() => this.wake.abort());
    this.following = this.follow();
  }

  async onApplicationShutdown(): Promise<void> {
    this.stopped = true;
    this.wake.abort();
    await this.following;
  }

  private async follow(): Promise<void> {
    while (!this.stopped) {
      this.wake = new AbortController();
      const { signal } = this.wake;
      await this.sync();
      const pauseMs = this.away ? POLL_WHILE_AWAY_MS : POLL_MS;
      await sleep(pauseMs, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }

  private async sync(): Promise<void> {
    try {
      const startedAtMs = Date.now();
      if (this.seen === null) await this.loadAll();
      else await this.catchUp(this.seen);
      this.syncedAtMs = startedAtMs;
      this.away = false;
    } catch (error) {
      this.noteFailure(error);
    }
  }

  private async catchUp(seen: number): Promise<void> {
    const epoch = await this.changes.epoch();
    if (epoch === seen) return;
    const changed = await this.changes.between(seen, epoch);
    if (changed === null) {
      await this.loadAll();
      return;
    }
    for (const { hash, version, key } of changed) this.file(hash, key, version);
    this.seen = epoch;
  }

  /** At the start, and where the list of changes does not reach back far enough. */
  private async loadAll(): Promise<void> {
    const { epoch, prefixes } = await this.changes.allPrefixes();
    this.memory.usePrefixes(prefixes);
    // What was filed while the prefixes were on their way comes again with the next changes.
    this.seen = epoch;
    const held = this.memory.heldHashes();
    for (let at = 0; at < held.length; at += REFRESH_CHUNK)
      await this.query(held.slice(at, at + REFRESH_CHUNK));
    await this.catchUp(epoch);
  }

  private async query(hashes: readonly string[]): Promise<void> {
    const seen = this.seen ?? 0;
    let keys: KeyEntity[];
    try {
      keys = await this.changes.load(hashes);
    } catch (error) {
      const wasAway = this.away;
      this.noteFailure(error);
      if (!wasAway) this.wake.abort();
      throw error;
    }
    const missing = new Set(hashes);
    for (const key of keys) {
      missing.delete(key.hash);
      this.file(key.hash, key, Number(key.version));
    }
    for (const hash of missing) this.file(hash, null, seen);
  }

  private noteFailure(error: unknown): void {
    if (error instanceof UnavailableError || unavailableFrom(error)) {
      if (!this.away) this.logger.warn('The database is away: known keys go on, unknown ones have to wait.');
      this.away = true;
    } else this.logger.error('The keys cannot be read', error);
  }
}

const unavailable = (): UnavailableError =>
  new UnavailableError(
    'The key cannot be checked now because the database is not available. Try again shortly.',
  );
