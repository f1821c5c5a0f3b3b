import { type IncomingHttpHeaders } from 'node:http';
import { isJsonObject, type JsonObject, type JsonValue } from './json.js';
import { storable } from './storable.js';

const MAX_LENGTH = 256;
const HEADERS = ['x-litellm-customer-id', 'x-litellm-end-user-id'] as const;

/**
 * Whom a call is made for, first match: the gateway's headers, the configured header, `user`,
 * `litellm_metadata.user`, `metadata.user_id`.
 */
export function endUserOf(
  headers: IncomingHttpHeaders,
  body: JsonObject,
  headerName: string | null,
): string | null {
  const names = headerName === null ? HEADERS : [...HEADERS, headerName.toLowerCase()];
  for (const name of names) {
    const value = headers[name];
    if (typeof value === 'string' && value !== '') return value.slice(0, MAX_LENGTH);
  }
  return (
    nameOf(body['user']) ??
    memberOf(body['litellm_metadata'], 'user') ??
    memberOf(body['metadata'], 'user_id')
  );
}

function memberOf(value: JsonValue | undefined, name: string): string | null {
  return isJsonObject(value) ? nameOf(value[name]) : null;
}

/** As the books write it: limits that went by another text would be asked of PostgreSQL in vain, or charged elsewhere. */
function nameOf(value: JsonValue | undefined): string | null {
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' ? storable(value, MAX_LENGTH) || null : null;
}
