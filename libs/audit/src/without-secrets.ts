import { isJsonObject, type JsonObject, type JsonValue } from '@app/call';

const HIDDEN = '[redacted]';
/** Names under which people keep what nobody may read; `key_name`, `max_tokens`, `token_id` are none of them. */
const SECRET_NAME =
  /secret|password|passwd|passphrase|credential|authorization|cookie|private_?key|(?:api|access|auth|master|salt|license)_?-?key|_key$|^key$|(?:access|auth|bearer|refresh|session)_?-?token/i;
/** What looks like a credential wherever it stands: keys of ours and of providers, bearer headers, JSON web tokens. */
const SECRET_TEXT =
  /(?<![\w-])(?:sk|pk|rk|lsv2|ghp|gho|xox[abp])[-_][\w-]{12,}|Bearer\s+\S{8,}|eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*|AKIA[0-9A-Z]{16}|AIza[\w-]{30,}/g;
/** `user:password@` in addresses; no scheme is longer, and without an end the search would take long. */
const URL_CREDENTIAL = /(\b[a-z][a-z0-9+.-]{0,30}:\/\/)[^/@\s]*@/gi;
const MAX_DEPTH = 20;

/** A copy in which everything that may be a credential is replaced: by the name it has, or by how it looks. */
export function withoutSecrets(object: JsonObject): JsonObject {
  return cleanObject(object, 0);
}

function cleanObject(object: JsonObject, depth: number): JsonObject {
  const entries = Object.entries(object).map(([name, value]): [string, JsonValue] => [
    cleanText(name),
    SECRET_NAME.test(name) && isTelling(value) ? HIDDEN : clean(value, depth + 1),
  ]);
  return Object.fromEntries(entries);
}

function clean(value: JsonValue, depth: number): JsonValue {
  if (depth > MAX_DEPTH) return HIDDEN;
  if (typeof value === 'string') return cleanText(value);
  if (Array.isArray(value)) return value.map((item) => clean(item, depth + 1));
  return isJsonObject(value) ? cleanObject(value, depth) : value;
}

const isTelling = (value: JsonValue): boolean => value !== null && value !== '' && typeof value !== 'boolean';

const cleanText = (text: string): string =>
  text.replace(SECRET_TEXT, HIDDEN).replace(URL_CREDENTIAL, `$1${HIDDEN}@`);
