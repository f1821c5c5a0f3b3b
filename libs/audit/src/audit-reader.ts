import { Injectable } from '@nestjs/common';
import { type JsonObject } from '@app/call';
import { ConfigStore } from '@app/config';
import { ReportDatabase } from '@app/database';
import { chainKeyOf } from './audit-entry.js';
import { type AuditRow, ChainCheck, type ChainReport } from './chain-check.js';

/** What to look for; several conditions are all met. Times in ms since 1970. */
export interface AuditFilter {
  readonly action?: string;
  readonly entity?: string;
  readonly entityId?: string;
  /** A user id or the hash of a key. */
  readonly actor?: string;
  readonly sinceMs?: number;
  /** Exclusive. */
  readonly untilMs?: number;
  /** Only entries older than this one. */
  readonly beforeId?: number;
  readonly limit: number;
}

/** An entry as `/audit` shows it; `before` and `after` hold what was changed, without secrets. */
export interface AuditView {
  readonly id: number;
  readonly at: string;
  readonly action: string;
  readonly entity: string;
  readonly entity_id: string;
  readonly actor: {
    readonly kind: string;
    readonly user_id: string | null;
    readonly key_hash: string;
    readonly key_name: string;
  };
  readonly address: string;
  readonly changed_by: string | null;
  readonly before: JsonObject | null;
  readonly after: JsonObject | null;
}

/** An entry that somebody has noted down earlier: it must still be there, unchanged. */
export interface Anchor {
  readonly id: number;
  readonly seal: string;
}

const COLUMNS = `id::text AS id, (extract(epoch FROM at) * 1000)::text AS at_ms, action, entity, entity_id, actor_kind,
  actor_user_id, actor_key_hash, actor_key_name, address, changed_by, before_json::text AS before_json,
  after_json::text AS after_json, chain_key, seal`;

const CHECKED_AT_ONCE = 2_000;

/** Reads the audit log, and proves that nothing is missing from it. */
@Injectable()
export class AuditReader {
  constructor(
    private readonly database: ReportDatabase,
    private readonly config: ConfigStore,
  ) {}

  /** Newest first. @throws UnavailableError */
  async find(filter: AuditFilter): Promise<AuditView[]> {
    const { where, values } = conditionsOf(filter);
    const rows = await this.database.query<AuditRow>(
      `SELECT ${COLUMNS} FROM audit_log ${where} ORDER BY audit_log.id DESC LIMIT ${filter.limit}`,
      values,
    );
    return rows.map(toView);
  }

  /** Follows the whole chain, 2,000 entries at a time. @throws UnavailableError */
  async verify(anchor: Anchor | null = null): Promise<ChainReport> {
    const { saltKey, oldSaltKeys } = this.config.current;
    const check = new ChainCheck([saltKey, ...oldSaltKeys].map(chainKeyOf), anchor);
    // What is added meanwhile is not judged: the end is fixed before the walk begins.
    const [head] = await this.database.query<{ id: string; seal: Buffer }>(
      'SELECT id::text AS id, seal FROM audit_head',
    );
    for (;;) {
      const rows = await this.database.query<AuditRow>(
        `SELECT ${COLUMNS} FROM audit_log WHERE id > $1 AND id <= $2 ORDER BY audit_log.id LIMIT ${CHECKED_AT_ONCE}`,
        [check.lastId, head?.id ?? 0],
      );
      for (const row of rows) check.take(row);
      if (rows.length < CHECKED_AT_ONCE) break;
    }
    const [beyond] = await this.database.query<{ id: string }>(
      `SELECT id::text AS id FROM audit_log WHERE id > (SELECT id FROM audit_head) LIMIT 1`,
    );
    return check.report(head ?? null, beyond === undefined ? null : Number(beyond.id));
  }
}

function conditionsOf(filter: AuditFilter): { where: string; values: unknown[] } {
  const values: unknown[] = [];
  const conditions: string[] = [];
  const add = (value: unknown, condition: (place: string) => string): void => {
    if (value === undefined) return;
    values.push(value);
    conditions.push(condition(`$${values.length}`));
  };
  add(filter.action, (place) => `action = ${place}`);
  add(filter.entity, (place) => `entity = ${place}`);
  add(filter.entityId, (place) => `entity_id = ${place}`);
  add(filter.actor, (place) => `(actor_user_id = ${place} OR actor_key_hash = ${place})`);
  add(filter.sinceMs, (place) => `at >= to_timestamp(${place}::int8 / 1000.0)`);
  add(filter.untilMs, (place) => `at < to_timestamp(${place}::int8 / 1000.0)`);
  add(filter.beforeId, (place) => `id < ${place}::int8`);
  return { where: conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`, values };
}

function toView(row: AuditRow): AuditView {
  return {
    id: Number(row.id),
    at: new Date(Number(row.at_ms)).toISOString(),
    action: row.action,
    entity: row.entity,
    entity_id: row.entity_id,
    actor: {
      kind: row.actor_kind,
      user_id: row.actor_user_id,
      key_hash: row.actor_key_hash,
      key_name: row.actor_key_name,
    },
    address: row.address,
    changed_by: row.changed_by,
    before: objectIn(row.before_json),
    after: objectIn(row.after_json),
  };
}

const objectIn = (text: string | null): JsonObject | null =>
  text === null ? null : (JSON.parse(text) as JsonObject);
