import { type DatabaseService } from '@app/database';
import { type CredentialSeal, SealError } from './credential-seal.js';
import { ModelEntity } from './model.entity.js';

const RENEW_MS = 10_000;
const RENEW = 'UPDATE models SET litellm_params = litellm_params || $2::jsonb WHERE id = $1';

/**
 * Encrypts anew what an older salt key has encrypted. Nothing else of a row changes, so nobody has to be told; what
 * cannot be read stays as it is. Replicas that do it together take turns on the rows.
 * @returns how many models it were
 */
export async function renewModels(database: DatabaseService, seal: CredentialSeal): Promise<number> {
  return database.transaction(RENEW_MS, async (manager) => {
    const rows = await manager.find(ModelEntity, {
      order: { id: 'ASC' },
      lock: { mode: 'pessimistic_write' },
    });
    let renewed = 0;
    for (const { id, litellmParams } of rows) {
      const changes = renewedOf(seal, id, litellmParams);
      if (changes === null) continue;
      await manager.query(RENEW, [id, changes]);
      renewed++;
    }
    return renewed;
  });
}

function renewedOf(
  seal: CredentialSeal,
  ...row: Parameters<CredentialSeal['renewed']>
): ReturnType<CredentialSeal['renewed']> {
  try {
    return seal.renewed(...row);
  } catch (error) {
    if (error instanceof SealError) return null;
    throw error;
  }
}
