import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { UnavailableError } from '@app/call';
import {
  databaseUnavailable,
  DatabaseService,
  type FollowUp,
  Follower,
  NotificationService,
  unavailableFrom,
} from '@app/database';
import { epochIn, EpochWriter, READ_EPOCH } from './epoch-writer.js';

const CHANNEL = 'principals';
/** So many epochs of changes are kept; who missed more reads everything anew. */
const KEPT_EPOCHS = 10_000;
const MAX_SCOPES = 1000;
const WRITE_TIMEOUT_MS = 2_000;

const RECORD = `
  WITH pruned AS (DELETE FROM principal_changes WHERE epoch < $1::bigint - ${KEPT_EPOCHS})
  INSERT INTO principal_changes (epoch, scope) SELECT $1::bigint, unnest($2::text[]) ON CONFLICT DO NOTHING`;

const CHANGED = `
  SELECT DISTINCT scope FROM principal_changes WHERE epoch > $1 AND epoch <= $2 LIMIT ${MAX_SCOPES + 1}`;

/** What a piece of work has changed, and what it answers. */
export interface PrincipalWork<T> {
  readonly scopes: readonly string[];
  readonly result: T;
}

/** Called with the scopes that changed; null: anything may have changed. */
export type PrincipalListener = (scopes: ReadonlySet<string> | null) => void | Promise<void>;

/** The numbered list of changes to users, teams, customers, budgets and organizations, which every replica follows. */
@Injectable()
export class PrincipalChanges implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger(PrincipalChanges.name);
  private readonly listeners = new Set<PrincipalListener>();
  private readonly writer: EpochWriter;
  /** The epoch up to which all changes were told; null before the first look. */
  private seen: number | null = null;
  private away = false;
  private readonly follower: Follower;

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly database: DatabaseService,
    private readonly notifications: NotificationService,
  ) {
    this.writer = new EpochWriter(database);
    this.follower = new Follower(notifications, {
      channel: CHANNEL,
      number: READ_EPOCH,
      isCurrent: (epoch) => !this.away && Number(epoch) === this.seen,
      sync: () => this.sync(),
    });
  }

  /**
   * The one way to write principals alone: a transaction with the next epoch. When it resolves, every subscriber of this
   * process has acted on it. @throws UnavailableError when the database is away, and what `work` throws
   * @param timeoutMs of each statement
   */
  async write<T>(
    work: (manager: EntityManager, epoch: number) => Promise<PrincipalWork<T>>,
    timeoutMs = WRITE_TIMEOUT_MS,
  ): Promise<T> {
    const { scopes, result } = await this.writer.write(async (manager, epoch) => {
      const done = await work(manager, epoch);
      await this.note(manager, epoch, done.scopes);
      return done;
    }, timeoutMs);
    await this.published(scopes);
    return result;
  }

  /**
   * For work that is in a transaction with an epoch already, such as a write of keys: notes what changed, and tells every
   * replica at commit. After it: {@link published}.
   */
  async note(manager: EntityManager, epoch: number, scopes: readonly string[]): Promise<void> {
    if (scopes.length === 0) return;
    await manager.query(RECORD, [epoch, scopes]);
    await this.notifications.notify(CHANNEL, String(epoch), manager);
  }

  /** Has the subscribers of this process act on a change that is committed. */
  async published(scopes: readonly string[]): Promise<void> {
    if (scopes.length > 0) await this.tell(new Set(scopes));
  }

  /** Tells of every change from now on, made here or elsewhere. Returns the way to stop. */
  subscribe(listener: PrincipalListener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  onApplicationBootstrap(): void {
    this.follower.start();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.follower.stop();
  }

  private async sync(): Promise<FollowUp> {
    try {
      if (!this.database.ready) throw databaseUnavailable();
      const epoch = epochIn(await this.dataSource.query(READ_EPOCH));
      if (epoch !== this.seen) await this.catchUp(epoch);
      this.away = false;
    } catch (error) {
      const isAway = error instanceof UnavailableError || unavailableFrom(error) !== null;
      if (!isAway) this.logger.error('The changes of users and teams cannot be read', error);
      this.away = true;
    }
    return this.away ? 'away' : 'current';
  }

  private async catchUp(epoch: number): Promise<void> {
    const scopes = this.seen === null ? null : await this.between(this.seen, epoch);
    if (scopes === null || scopes.size > 0) await this.tell(scopes);
    this.seen = epoch;
  }

  /** Null where it cannot be told any more. */
  private async between(seen: number, epoch: number): Promise<ReadonlySet<string> | null> {
    if (epoch < seen || epoch - seen > KEPT_EPOCHS) return null;
    const rows = await this.dataSource.query<{ scope: string }[]>(CHANGED, [seen, epoch]);
    return rows.length > MAX_SCOPES ? null : new Set(rows.map(({ scope }) => scope));
  }

  private async tell(scopes: ReadonlySet<string> | null): Promise<void> {
    const acting = [...this.listeners].map(async (listener) => listener(scopes));
    for (const { status, ...rest } of await Promise.allSettled(acting)) {
      if (status === 'rejected') this.logger.warn('A change could not be acted on at once', rest);
    }
  }
}
