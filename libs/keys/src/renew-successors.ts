import { type CredentialSeal, SealError } from '@app/routing';
import { type KeyReader } from './key-reader.js';

const SEALED = `SELECT hash, active_hash, successor_sealed AS sealed FROM replaced_keys
  WHERE successor_sealed IS NOT NULL AND revoke_at > now()`;
/** Only what is still as it was read: another replica may have been quicker. */
const RENEW = 'UPDATE replaced_keys SET successor_sealed = $3 WHERE hash = $1 AND successor_sealed = $2';

interface WaitingRow {
  readonly hash: string;
  readonly active_hash: string;
  readonly sealed: string;
}

/** Successors that wait to be fetched are sealed like the one parameter of a row that is named after their hash. */
export const placeOfSuccessor = (hash: string): string => `virtual_keys:${hash}`;

/** Encrypts anew what an older salt key has encrypted; what cannot be read stays as it is. @throws UnavailableError */
export async function renewSuccessors(reader: KeyReader, seal: CredentialSeal): Promise<number> {
  if (!seal.knowsOlder) return 0;
  let renewed = 0;
  for (const { hash, active_hash, sealed } of await reader.query<WaitingRow[]>(SEALED)) {
    const again = renewedOf(seal, active_hash, sealed);
    if (again === null) continue;
    await reader.query(RENEW, [hash, sealed, again]);
    renewed++;
  }
  return renewed;
}

function renewedOf(seal: CredentialSeal, hash: string, sealed: string): string | null {
  try {
    const renewed = seal.renewed(placeOfSuccessor(hash), { key: sealed }) as { key: string } | null;
    return renewed && renewed.key;
  } catch (error) {
    // Of an earlier rotation: nobody fetches it any more.
    if (error instanceof SealError) return null;
    throw error;
  }
}
