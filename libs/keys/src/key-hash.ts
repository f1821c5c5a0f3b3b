import { hash, randomBytes } from 'node:crypto';

const KEY_BYTES = 24;
const CUSTOM_KEY = /^sk-[\x21-\x7e]{20,253}$/;
const CUSTOM_KEY_DISTINCT = 8;
const HASH = /^[0-9a-f]{64}$/;

/** What a key is stored and looked up by: lower-case hex SHA-256 of the whole credential, `sk-` included. */
export function hashKey(credential: string): string {
  return hash('sha256', credential, 'hex');
}

/** A new credential with 192 bits of randomness. */
export function generateKey(): string {
  return `sk-${randomBytes(KEY_BYTES).toString('base64url')}`;
}

/** `sk-...` and the last four characters: safe to show, and enough to recognise a key by. */
export function keyNameOf(credential: string): string {
  return `sk-...${credential.slice(-4)}`;
}

/** The hash for an identifier that may be a key or already its hash; null where it is neither. */
export function hashOfIdentifier(identifier: string): string | null {
  if (identifier.startsWith('sk-')) return hashKey(identifier);
  return HASH.test(identifier) ? identifier : null;
}

/** Whether somebody may choose this credential: `sk-`, at least 20 characters after it, 8 distinct ones. */
export function isStrongKey(credential: string): boolean {
  return CUSTOM_KEY.test(credential) && new Set(credential.slice(3)).size >= CUSTOM_KEY_DISTINCT;
}
