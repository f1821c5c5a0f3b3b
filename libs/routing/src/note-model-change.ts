import { type NotificationService } from '@app/database';
import { type EntityManager } from 'typeorm';

export const MODEL_CHANNEL = 'models';

const NEXT_EPOCH = 'UPDATE model_epoch SET epoch = epoch + 1';

/** To be called within the transaction that changes models of the database: at its commit every replica reads them anew. */
export async function noteModelChange(
  manager: EntityManager,
  notifications: NotificationService,
): Promise<void> {
  // First of all: writers wait here for each other, so that no replica sees a later number with earlier rows.
  await manager.query(NEXT_EPOCH);
  await notifications.notify(MODEL_CHANNEL, '', manager);
}
