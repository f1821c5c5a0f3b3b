import { type NotificationService } from '@app/database';
import { type EntityManager } from 'typeorm';

export const KEY_CHANNEL = 'virtual_keys';

/** So many epochs of changes are kept; who missed more loads everything anew. */
export const KEPT_EPOCHS = 10_000;

/** One credential whose key changed, or that opens nothing any more. */
export interface KeyChange {
  readonly hash: string;
}

/** A transaction that has taken the next epoch. */
interface NumberedWrite {
  readonly manager: EntityManager;
  readonly epoch: number;
  readonly notifications: NotificationService;
}

/** With a key change the credentials it has replaced. Answers with all of them. */
const RECORD = `
  WITH pruned AS (DELETE FROM key_changes WHERE epoch < $1::bigint - ${KEPT_EPOCHS}),
    changed AS (
      SELECT unnest($2::text[]) AS hash
      UNION SELECT hash FROM replaced_keys WHERE active_hash = ANY ($2::text[])
    )
  INSERT INTO key_changes (epoch, key_hash) SELECT $1::bigint, hash FROM changed RETURNING key_hash AS hash`;

/** Notes which keys a numbered transaction has changed, and tells every replica at commit. Answers with all credentials that are touched. */
export async function noteKeyChanges(
  { manager, epoch, notifications }: NumberedWrite,
  changed: readonly KeyChange[],
): Promise<KeyChange[]> {
  const touched = await manager.query<KeyChange[]>(RECORD, [epoch, changed.map(({ hash }) => hash)]);
  await notifications.notify(KEY_CHANNEL, String(epoch), manager);
  return touched;
}
