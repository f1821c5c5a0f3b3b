import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { type EntityManager } from 'typeorm';
import { ConfigError, ConfigStore, type ModelEntry } from '@app/config';
import { DatabaseService, type FollowUp, Follower, NotificationService } from '@app/database';
import { CredentialSeal, OtherSaltKeyError, SealError } from './credential-seal.js';
import { entryOf } from './judge-model.js';
import { ModelEntity } from './model.entity.js';
import { MODEL_CHANNEL, noteModelChange } from './note-model-change.js';
import { renewModels } from './renew-models.js';
import { RoutingService } from './routing.service.js';

const READ_MS = 5_000;
const WRITE_MS = 2_000;

const EPOCH = 'SELECT epoch::text AS epoch FROM model_epoch';

/**
 * The models of the database, in effect on every replica: told by notification, found within seconds where that failed. A row that cannot be used is left out with its reason; the others stay.
 * What an older salt key has encrypted is encrypted anew, whenever it is met.
 */
@Injectable()
export class StoredModels implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly seal: CredentialSeal;
  readonly #logger = new Logger(StoredModels.name);
  readonly #stopped = new AbortController();
  readonly #follower: Follower;
  #epoch = '';
  #warned: ReadonlySet<string> = new Set();
  #entries: ReadonlyMap<string, ModelEntry> = new Map();
  #refreshing: Promise<void> = Promise.resolve();

  constructor(
    private readonly config: ConfigStore,
    private readonly database: DatabaseService,
    private readonly notifications: NotificationService,
    private readonly routing: RoutingService,
  ) {
    this.seal = new CredentialSeal(config.current.saltKey, config.current.oldSaltKeys);
    this.#follower = new Follower(notifications, {
      channel: MODEL_CHANNEL,
      number: EPOCH,
      isCurrent: (epoch) => epoch === this.#epoch,
      sync: () => this.#sync(),
    });
  }

  onApplicationBootstrap(): void {
    void this.database.whenReady().then(() => {
      if (this.#stopped.signal.aborted) return;
      if (this.config.current.storeModelInDb) this.#follower.start();
      // Models that are switched off are not lost with their salt key either.
      else if (this.seal.knowsOlder) void this.#renew();
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
    if (changed.rows.some(({ litellmParams }) => this.seal.isOld(litellmParams))) await this.#renew();
  }

  async #renew(): Promise<void> {
    try {
      const count = await renewModels(this.database, this.seal);
      if (count > 0) {
        this.#logger.log(
          `The credentials of ${count} stored models are encrypted with today's salt key now.`,
        );
      }
    } catch (error) {
      this.#logger.warn(`Stored models could not be encrypted with today's salt key: ${String(error)}`);
    }
  }

  #entriesOf(rows: readonly ModelEntity[]): readonly ModelEntry[] {
    const warnings = new Set<string>();
    const entries = new Map<string, ModelEntry>();
    for (const row of rows) {
      try {
        entries.set(row.id, this.#entryOf(row));
      } catch (error) {
        // A replica with a newer salt key has encrypted it anew: until this one is replaced, it goes on as it was.
        const before = error instanceof OtherSaltKeyError ? this.#entries.get(row.id) : undefined;
        if (before) entries.set(row.id, before);
        const fate = before ? 'goes on as it was' : 'is not used';
        warnings.add(`The model ${row.modelName} (${row.id}) of the database ${fate}: ${reasonOf(error)}`);
      }
    }
    for (const warning of warnings) if (!this.#warned.has(warning)) this.#logger.error(warning);
    this.#warned = warnings;
    this.#entries = entries;
    return [...entries.values()];
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
