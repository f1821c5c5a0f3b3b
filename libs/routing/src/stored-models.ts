import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { type EntityManager } from 'typeorm';
import { ConfigError, ConfigStore, type ModelEntry } from '@app/config';
import { DatabaseService, type FollowUp, Follower, NotificationService } from '@app/database';
import { CredentialSeal, SealError } from './credential-seal.js';
import { entryOf } from './judge-model.js';
import { ModelEntity } from './model.entity.js';
import { MODEL_CHANNEL, noteModelChange } from './note-model-change.js';
import { RoutingService } from './routing.service.js';

const READ_MS = 5_000;
const WRITE_MS = 2_000;

const EPOCH = 'SELECT epoch::text AS epoch FROM model_epoch';

/**
 * The models of the database, in effect on every replica: told by notification, found within seconds where that failed. A row that cannot be used is left out with its reason; the others stay.
 */
@Injectable()
export class StoredModels implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly seal: CredentialSeal;
  readonly #logger = new Logger(StoredModels.name);
  readonly #stopped = new AbortController();
  readonly #follower: Follower;
  #epoch = '';
  #warned: ReadonlySet<string> = new Set();
  #refreshing: Promise<void> = Promise.resolve();

  constructor(
    private readonly config: ConfigStore,
    private readonly database: DatabaseService,
    private readonly notifications: NotificationService,
    private readonly routing: RoutingService,
  ) {
    this.seal = new CredentialSeal(config.current.saltKey);
    this.#follower = new Follower(notifications, {
      channel: MODEL_CHANNEL,
      number: EPOCH,
      isCurrent: (epoch) => epoch === this.#epoch,
      sync: () => this.#sync(),
    });
  }

  onApplicationBootstrap(): void {
    if (!this.config.current.storeModelInDb) return;
    void this.database.whenReady().then(() => {
      if (!this.#stopped.signal.aborted) this.#follower.start();
    });
  }

  async onApplicationShutdown(): Promise<void> {
    this.#stopped.abort();
    await this.#follower.stop();
  }

  /** Changes models in one transaction; in effect here when it resolves. */
  async write<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    const result = await this.database.transaction(WRITE_MS, async (manager) => {
      await noteModelChange(manager, this.notifications);
      return work(manager);
    });
    await this.refresh();
    return result;
  }

  /** Takes what the database has, unless nothing changed since. One at a time. */
  refresh(): Promise<void> {
    const refreshed = this.#refreshing.then(() => this.#refresh());
    this.#refreshing = refreshed.catch(() => undefined);
    return refreshed;
  }

  async #refresh(): Promise<void> {
    const changed = await this.database.transaction(READ_MS, async (manager) => {
      // The epoch first: rows are then at least as new.
      const [row] = await manager.query<{ epoch: string }[]>(EPOCH);
      const epoch = row?.epoch ?? '';
      if (epoch === this.#epoch) return null;
      return { epoch, rows: await manager.find(ModelEntity, { order: { createdAt: 'ASC', id: 'ASC' } }) };
    });
    if (!changed || this.#stopped.signal.aborted) return;
    this.#epoch = changed.epoch;
    this.routing.stored(this.#entriesOf(changed.rows));
  }

  #entriesOf(rows: readonly ModelEntity[]): readonly ModelEntry[] {
    const warnings = new Set<string>();
    const entries = rows.flatMap((row) => {
      try {
        return [this.#entryOf(row)];
      } catch (error) {
        warnings.add(
          `The model ${row.modelName} (${row.id}) of the database is not used: ${reasonOf(error)}`,
        );
        return [];
      }
    });
    for (const warning of warnings) if (!this.#warned.has(warning)) this.#logger.warn(warning);
    this.#warned = warnings;
    return entries;
  }

  #entryOf({ id, modelName, litellmParams, modelInfo }: ModelEntity): ModelEntry {
    return entryOf({ id, modelName, modelInfo, litellmParams: this.seal.open(id, litellmParams) });
  }

  async #sync(): Promise<FollowUp> {
    try {
      await this.refresh();
      return 'current';
    } catch (error) {
      // The database is away: what is known stays in effect.
      this.#logger.debug(`The models of the database cannot be read: ${String(error)}`);
      return 'failed';
    }
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof ConfigError) {
    return error.problems.map(({ path, message }) => `${path}: ${message}`).join(' ');
  }
  if (error instanceof SealError) return error.message;
  return 'it cannot be read';
}
