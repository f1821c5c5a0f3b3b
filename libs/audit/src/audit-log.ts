import { Injectable } from '@nestjs/common';
import { type EntityManager } from 'typeorm';
import { type JsonObject } from '@app/call';
import { ConfigStore } from '@app/config';
import { type Actor } from './actor.js';
import { chainKeyOf, type SealedFields, sealOf } from './audit-entry.js';
import { withoutSecrets } from './without-secrets.js';

/** One management action on one thing. */
export interface AuditEntry {
  /** What happened, in the past tense: `key.generated`, `team.updated`. */
  readonly action: string;
  /** The kind of thing: `key`, `user`, `team`, `model`. */
  readonly entity: string;
  readonly entityId: string;
  /** Null where it did not exist before. */
  readonly before: JsonObject | null;
  /** Null where it does not exist any more. */
  readonly after: JsonObject | null;
}

interface Head {
  readonly id: string;
  readonly seal: Buffer;
}

const LOCK_HEAD = 'SELECT id::text AS id, seal FROM audit_head FOR UPDATE';

const APPEND = `
  WITH head AS (UPDATE audit_head SET id = $15::int8, seal = $16::bytea)
  INSERT INTO audit_log (id, at, action, entity, entity_id, actor_kind, actor_user_id, actor_key_hash, actor_key_name,
    address, changed_by, before_json, after_json, chain_key, seal)
  SELECT id, to_timestamp($2::int8 / 1000.0), action, entity, entity_id, $6, $7, $8, $9, $10, $11,
    before_json::json, after_json::json, $14, decode(seal, 'hex')
  FROM unnest($1::int8[], $3::text[], $4::text[], $5::text[], $12::text[], $13::text[], $17::text[])
    AS entry (id, action, entity, entity_id, before_json, after_json, seal)`;

/** The chained log of management actions: rows are added, never changed. */
@Injectable()
export class AuditLog {
  constructor(private readonly config: ConfigStore) {}

  /**
   * Notes an action within the transaction that does it: both stand or neither does. It holds the lock of the
   * chain until the commit, so it comes last. Secrets in `before` and `after` are taken out here.
   */
  async record(manager: EntityManager, actor: Actor, ...entries: readonly AuditEntry[]): Promise<void> {
    if (entries.length === 0) return;
    const [head] = await manager.query<Head[]>(LOCK_HEAD);
    if (!head) throw new Error('The table audit_head has lost its row');
    const { caller, address, changedBy } = actor;
    const key = chainKeyOf(this.config.current.saltKey);
    const atMs = Date.now();
    let { seal } = head;
    const sealed = entries.map((entry, index) => {
      const fields = fieldsOf(entry, actor, Number(head.id) + index + 1, atMs);
      seal = sealOf(key, seal, fields);
      return { fields, seal: seal.toString('hex') };
    });
    const column = <T>(read: (fields: SealedFields) => T): T[] => sealed.map(({ fields }) => read(fields));
    await manager.query(APPEND, [
      column(({ id }) => id),
      atMs,
      column(({ action }) => action),
      column(({ entity }) => entity),
      column(({ entityId }) => entityId),
      caller.kind,
      caller.userId,
      caller.keyHash,
      caller.keyName,
      address,
      changedBy,
      column(({ beforeJson }) => beforeJson),
      column(({ afterJson }) => afterJson),
      key.name,
      Number(head.id) + entries.length,
      seal,
      sealed.map((row) => row.seal),
    ]);
  }
}

function fieldsOf(
  entry: AuditEntry,
  { caller, address, changedBy }: Actor,
  id: number,
  atMs: number,
): SealedFields {
  return {
    id,
    atMs,
    action: entry.action,
    entity: entry.entity,
    entityId: entry.entityId,
    actorKind: caller.kind,
    actorUserId: caller.userId,
    actorKeyHash: caller.keyHash,
    actorKeyName: caller.keyName,
    address,
    changedBy,
    beforeJson: jsonOf(entry.before),
    afterJson: jsonOf(entry.after),
  };
}

const jsonOf = (object: JsonObject | null): string | null =>
  object === null ? null : JSON.stringify(withoutSecrets(object));
