import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { type Caller, UnavailableError } from '@app/call';
import { type FollowUp, Follower, NotificationService, unavailableFrom } from '@app/database';
import { isTouchedBy, PrincipalChanges, READ_EPOCH } from '@app/users';
import { KeyChanges } from './key-changes.js';
import { KeyLoader } from './key-loader.js';
import { type FoundKey, type KeySnapshot, snapshotOf } from './key-snapshot.js';
import { LookupLimiter } from './lookup-limiter.js';
import { KEY_CHANNEL } from './note-key-changes.js';
import { SharedCheck } from './shared-check.js';
import { SnapshotMemory } from './snapshot-memory.js';

/** A key in the database that is slow or away is answered within this. */
const FIND_DEADLINE_MS = 500;
const RETRY_REFRESH_MS = 5_000;
/** A revocation cannot be honoured while the database is away, so not for longer than this. */
const HARD_STALENESS_MS = 10 * 60_000;
const UNKNOWN_LOOKUPS_PER_SECOND = 20;
/** Beyond those look-ups a credential waits for the list of changes, which all that wait read together. */
const CATCH_UP_SPACING_MS = 100;
const REFRESH_CHUNK = 1000;

/** The keys as this process knows them: in memory, kept true by the list of changes. */
@Injectable()
export class KeySnapshots implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger(KeySnapshots.name);
  private readonly memory = new SnapshotMemory();
  private readonly loader = new KeyLoader((hashes) => this.query(hashes));
  private readonly limiter = new LookupLimiter(UNKNOWN_LOOKUPS_PER_SECOND);
  private readonly news = new SharedCheck(() => this.catchUpNow(), CATCH_UP_SPACING_MS);
  /** The epoch up to which all changes are filed; null before the first load. */
  private seen: number | null = null;
  private away = false;
  private syncedAtMs = Date.now();
  /** Credentials that are to be read again because somebody above them changed, and could not be yet. */
  private readonly overdue = new Set<string>();
  private readonly follower: Follower;
  private unsubscribe: () => void = () => undefined;

  constructor(
    private readonly changes: KeyChanges,
    notifications: NotificationService,
    private readonly principals: PrincipalChanges,
  ) {
    this.follower = new Follower(notifications, {
      channel: KEY_CHANNEL,
      number: READ_EPOCH,
      isCurrent: (epoch) => this.isCurrent(Number(epoch)),
      sync: () => this.sync(),
    });
  }

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
   * Whether it is clear without a query that there is no such key: somebody has asked within ten seconds.
   * @throws UnavailableError while the database is away: nobody can tell then
   */
  isUnknown(keyHash: string, nowMs: number): boolean {
    if (this.memory.isAbsent(keyHash, nowMs)) return true;
    if (this.away) throw unavailable();
    return false;
  }

  /**
   * Asks the database, within half a second. Credentials that no key begins like may be looked up 20 times
   * a second all together; beyond that the list of changes is read, once for all who wait, so that a key
   * that was made elsewhere a moment ago is not taken for one of the flood.
   * @throws UnavailableError when the database is slow or away
   */
  async find(keyHash: string): Promise<KeySnapshot | null> {
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(unavailable()), FIND_DEADLINE_MS).unref();
    });
    try {
      await Promise.race([this.look(keyHash), patience]);
      return this.memory.recall(keyHash)?.snapshot ?? null;
    } catch (error) {
      throw unavailableFrom(error) ?? error;
    } finally {
      clearTimeout(timer);
    }
  }

  private async look(keyHash: string): Promise<void> {
    if (!this.memory.mayExist(keyHash) && !this.limiter.take(Date.now())) {
      await this.news.run();
      if (this.memory.recall(keyHash) !== undefined) return;
      if (!this.memory.mayExist(keyHash)) {
        this.memory.absent(keyHash, this.seen ?? 0, Date.now());
        return;
      }
    }
    await this.loader.load(keyHash);
  }

  /** Files what others have written by now, told or not. */
  private async catchUpNow(): Promise<void> {
    try {
      if (this.seen !== null) await this.catchUp(this.seen);
    } catch (error) {
      this.noteFailure(error);
      throw error;
    }
  }

  /** Files what was read, or what this process has just committed: the next request sees it. */
  file({ hash, version, loaded }: FoundKey): void {
    if (loaded) this.memory.present(snapshotOf(loaded), Date.now());
    else this.memory.absent(hash, version, Date.now());
  }

  onApplicationBootstrap(): void {
    this.unsubscribe = this.principals.subscribe((scopes) => this.readAgain(scopes));
    this.follower.start();
  }

  async onApplicationShutdown(): Promise<void> {
    this.unsubscribe();
    await this.follower.stop();
  }

  /** What the database says of itself with every sign of life. */
  private isCurrent(epoch: number): boolean {
    if (epoch !== this.seen || this.away) return false;
    this.syncedAtMs = Date.now();
    return this.overdue.size === 0;
  }

  private async sync(): Promise<FollowUp> {
    try {
      const startedAtMs = Date.now();
      if (this.seen === null) await this.loadAll();
      else await this.catchUp(this.seen);
      await this.readOverdue();
      this.syncedAtMs = startedAtMs;
      this.away = false;
      return 'current';
    } catch (error) {
      this.noteFailure(error);
      return this.away ? 'away' : 'failed';
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
    for (const found of changed) this.file(found);
    // Another one that reads them too may be further by now.
    this.seen = Math.max(this.seen ?? 0, epoch);
  }

  /** Reads again what these users, teams, … bind; null: everything. What fails now is read with the next sync. */
  private async readAgain(scopes: ReadonlySet<string> | null): Promise<void> {
    for (const { hash, caller, budgetId } of this.memory.snapshots()) {
      if (scopes === null || isTouchedBy(scopes, { ...belongingOf(caller), budgetId }))
        this.overdue.add(hash);
    }
    await this.readOverdue();
  }

  private async readOverdue(): Promise<void> {
    while (this.overdue.size > 0) {
      const chunk = [...this.overdue].slice(0, REFRESH_CHUNK);
      // Taken off before they are read: a change during the query puts them on again.
      for (const hash of chunk) this.overdue.delete(hash);
      try {
        await this.query(chunk);
      } catch (error) {
        for (const hash of chunk) this.overdue.add(hash);
        throw error;
      }
    }
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
    try {
      for (const found of await this.changes.load(hashes)) this.file(found);
    } catch (error) {
      const wasAway = this.away;
      this.noteFailure(error);
      if (this.away && !wasAway) this.follower.wake();
      throw error;
    }
  }

  private noteFailure(error: unknown): void {
    if (error instanceof UnavailableError || unavailableFrom(error)) {
      if (!this.away) this.logger.warn('The database is away: known keys go on, unknown ones have to wait.');
      this.away = true;
    } else this.logger.error('The keys cannot be read', error);
  }
}

const belongingOf = ({ userId, teamId, organizationId }: Caller) => ({ userId, teamId, organizationId });

const unavailable = (): UnavailableError =>
  new UnavailableError(
    'The key cannot be checked now because the database is not available. Try again shortly.',
  );
