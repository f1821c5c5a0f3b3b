import { createHmac, hkdfSync } from 'node:crypto';
import { type Secret } from '@app/call';

/** One row as it is sealed. The JSON is text, so that the seal does not depend on how a database writes it. */
export interface SealedFields {
  readonly id: number;
  /** Milliseconds since 1970. */
  readonly atMs: number;
  readonly action: string;
  readonly entity: string;
  readonly entityId: string;
  readonly actorKind: string;
  readonly actorUserId: string | null;
  readonly actorKeyHash: string;
  readonly actorKeyName: string;
  readonly address: string;
  readonly changedBy: string | null;
  readonly beforeJson: string | null;
  readonly afterJson: string | null;
}

/** What seals rows, with a name that tells which of several keys it was. */
export interface ChainKey {
  readonly name: string;
  readonly bytes: Buffer;
}

/** Derived from the salt key: who can write the database cannot forge the chain. */
export function chainKeyOf(saltKey: Secret): ChainKey {
  const bytes = Buffer.from(hkdfSync('sha256', saltKey.reveal(), '', 'audit chain', 32));
  return { name: createHmac('sha256', bytes).update('name').digest('hex').slice(0, 16), bytes };
}

/** The seal of a row covers the row and the seal before it. */
export function sealOf(key: ChainKey, previousSeal: Buffer, fields: SealedFields): Buffer {
  const ordered = [
    fields.id,
    fields.atMs,
    fields.action,
    fields.entity,
    fields.entityId,
    fields.actorKind,
    fields.actorUserId,
    fields.actorKeyHash,
    fields.actorKeyName,
    fields.address,
    fields.changedBy,
    fields.beforeJson,
    fields.afterJson,
  ];
  return createHmac('sha256', key.bytes).update(previousSeal).update(JSON.stringify(ordered)).digest();
}
