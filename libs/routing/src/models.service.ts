import { Injectable } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { type Actor, AuditLog } from '@app/audit';
import { BadRequestError, ConflictError, GatewayError, type JsonObject } from '@app/call';
import { ConfigStore } from '@app/config';
import { SealError, withoutCredentials } from './credential-seal.js';
import { type NewModelDto, type UpdateModelDto } from './dto/new-model.dto.js';
import { type GivenModel, judgeModel } from './judge-model.js';
import { ModelEntity } from './model.entity.js';
import { RoutingService } from './routing.service.js';
import { StoredModels } from './stored-models.js';

const INSERT = `
  INSERT INTO models (id, model_name, litellm_params, model_info, created_at, created_by, updated_at, updated_by)
  VALUES ($1, $2, $3, $4, $5, $6, $5, $6) ON CONFLICT DO NOTHING RETURNING id`;

const UPDATE = `
  UPDATE models SET model_name = $2, litellm_params = $3, model_info = $4, updated_at = $5, updated_by = $6
  WHERE id = $1`;

/** A model of the database as the API shows it: credentials go in and never come out. */
export interface StoredModelView {
  readonly model_id: string;
  readonly model_name: string;
  readonly litellm_params: JsonObject;
  readonly model_info: JsonObject;
  readonly created_at: string;
  readonly created_by: string;
  readonly updated_at: string;
  readonly updated_by: string;
}

/** Adds, changes and removes models while the gateway runs. */
@Injectable()
export class ModelsService {
  constructor(
    private readonly config: ConfigStore,
    private readonly routing: RoutingService,
    private readonly models: StoredModels,
    private readonly audit: AuditLog,
  ) {}

  /** @throws BadRequestError for what is no model; ConflictError for an id that is taken */
  async add(given: NewModelDto, actor: Actor): Promise<StoredModelView> {
    this.#requireStore();
    if (!given.model_name) throw new BadRequestError('`model_name` is missing.', 'model_name');
    if (!given.litellm_params) throw new BadRequestError('`litellm_params` is missing.', 'litellm_params');
    const model = modelOf(idOf(given.model_info) ?? randomUUID(), given.model_name, given);
    this.#opened(model.id, model.litellmParams);
    judgeModel(model, this.routing.settings);
    if (this.routing.entries.some(({ entry }) => entry.modelInfo['id'] === model.id)) throw taken(model.id);
    return this.models.write(async (manager) => {
      const row = this.#rowOf(model, actor, new Date());
      const { createdAt, createdBy } = row;
      const inserted = await manager.query<unknown[]>(INSERT, [
        row.id,
        row.modelName,
        row.litellmParams,
        row.modelInfo,
        createdAt,
        createdBy,
      ]);
      if (inserted.length === 0) throw taken(model.id);
      const after = viewOf(row);
      await this.audit.record(manager, actor, entryFor('model.added', model.id, null, after));
      return after;
    });
  }

  /** Changes what is given and leaves the rest; a parameter that is null is taken away. */
  async change(id: string | null, given: UpdateModelDto, actor: Actor): Promise<StoredModelView> {
    this.#requireStore();
    const wanted = id ?? idOf(given.model_info);
    if (wanted === null) throw new BadRequestError('`model_info.id` is missing.', 'model_info');
    return this.models.write(async (manager) => {
      const row = await manager.findOne(ModelEntity, {
        where: { id: wanted },
        lock: { mode: 'pessimistic_write' },
      });
      if (!row) throw this.#unknown(wanted);
      const before = viewOf(row);
      // What is given anew need not be readable: so a lost salt key is mended.
      const params = this.#opened(row.id, merged(row.litellmParams, given.litellm_params ?? {}));
      const info = merged(row.modelInfo, given.model_info ?? {});
      const model = {
        id: row.id,
        modelName: given.model_name ?? row.modelName,
        litellmParams: params,
        modelInfo: info,
      };
      judgeModel(model, this.routing.settings);
      const { createdAt, createdBy } = row;
      const next = Object.assign(this.#rowOf(model, actor, new Date()), { createdAt, createdBy });
      await manager.query(UPDATE, [
        next.id,
        next.modelName,
        next.litellmParams,
        next.modelInfo,
        next.updatedAt,
        next.updatedBy,
      ]);
      const after = viewOf(next);
      await this.audit.record(manager, actor, entryFor('model.changed', row.id, before, after));
      return after;
    });
  }

  /** @throws BadRequestError where the database has no such model */
  async remove(id: string | null | undefined, actor: Actor): Promise<string> {
    this.#requireStore();
    if (!id) throw new BadRequestError('`id` is missing.', 'id');
    return this.models.write(async (manager) => {
      const row = await manager.findOne(ModelEntity, { where: { id }, lock: { mode: 'pessimistic_write' } });
      if (!row) throw this.#unknown(id);
      await manager.delete(ModelEntity, { id });
      await this.audit.record(manager, actor, entryFor('model.removed', id, viewOf(row), null));
      return id;
    });
  }

  #requireStore(): void {
    if (this.config.current.storeModelInDb) return;
    throw new GatewayError(
      500,
      'internal_server_error',
      "Set `'STORE_MODEL_IN_DB='True'` in your env to enable this feature.",
    );
  }

  /** @throws BadRequestError where a credential was encrypted elsewhere */
  #opened(id: string, params: JsonObject): JsonObject {
    try {
      return this.models.seal.open(id, params);
    } catch (error) {
      if (!(error instanceof SealError)) throw error;
      const text = `A credential of this model cannot be read: ${error.message}.`;
      throw new BadRequestError(text, 'litellm_params', { cause: error });
    }
  }

  #unknown(id: string): BadRequestError {
    const isConfigured = this.routing.entries.some(
      ({ entry, isStored }) => !isStored && entry.modelInfo['id'] === id,
    );
    const shown = id.slice(0, 100);
    return new BadRequestError(
      isConfigured
        ? `The model ${shown} stands in config.yaml: change it there.`
        : `The database has no model with the id ${shown}.`,
      'id',
    );
  }

  #rowOf(model: GivenModel, { caller }: Actor, now: Date): ModelEntity {
    const by = caller.userId ?? caller.keyName;
    return Object.assign(new ModelEntity(), {
      id: model.id,
      modelName: model.modelName,
      litellmParams: this.models.seal.seal(model.id, model.litellmParams),
      modelInfo: model.modelInfo,
      createdAt: now,
      createdBy: by,
      updatedAt: now,
      updatedBy: by,
    });
  }
}

function modelOf(id: string, modelName: string, { litellm_params, model_info }: NewModelDto): GivenModel {
  return {
    id,
    modelName,
    litellmParams: litellm_params ?? {},
    modelInfo: merged(model_info ?? {}, { id: null }),
  };
}

function idOf(info: JsonObject | null | undefined): string | null {
  const id = info?.['id'];
  return typeof id === 'string' && id !== '' && id.length <= 256 ? id : null;
}

/** `changes` over `object`; what is null goes. The id is no part of it. */
function merged(object: JsonObject, changes: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries({ ...object, ...changes }).filter(([name, value]) => value !== null && name !== 'id'),
  );
}

const taken = (id: string): ConflictError =>
  new ConflictError(`A model with the id ${id.slice(0, 100)} exists already.`, 'model_info');

function viewOf(row: ModelEntity): StoredModelView {
  return {
    model_id: row.id,
    model_name: row.modelName,
    litellm_params: withoutCredentials(row.litellmParams),
    model_info: { ...row.modelInfo, id: row.id, db_model: true },
    created_at: row.createdAt.toISOString(),
    created_by: row.createdBy,
    updated_at: row.updatedAt.toISOString(),
    updated_by: row.updatedBy,
  };
}

const entryFor = (
  action: string,
  entityId: string,
  before: StoredModelView | null,
  after: StoredModelView | null,
) => ({ action, entity: 'model', entityId, before: before && { ...before }, after: after && { ...after } });
