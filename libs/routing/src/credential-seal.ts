import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto';
import { isJsonObject, type JsonObject, type JsonValue, type Secret } from '@app/call';

const CIPHER = 'aes-256-gcm';
const IV_BYTES = 12;
const TAG_BYTES = 16;
const PREFIX = 'enc:v1:';
/** `max_tokens` and prices are no credentials, though they end like some. */
const CREDENTIAL = /(?:^|_)key(?:_id)?$|secret|(?<!max)_token$|^token$|password|credential|authorization/i;
const HARMLESS = /cost|custom_llm_provider|^litellm_credential_name$/;
const HEADERS = new Set(['extra_headers', 'default_headers']);
const REFERENCE = /^os\.environ\//;

/** The credentials of a model cannot be read with the salt key of this gateway. */
export class SealError extends Error {}

/** They were sealed with a salt key that this gateway does not know; the row is as good as it was. */
export class OtherSaltKeyError extends SealError {}

const OTHER_SALT_KEY =
  'it was encrypted with another LITELLM_SALT_KEY (name that one in LITELLM_SALT_KEY_OLD, or give its credentials anew)';

/**
 * Encrypts the credentials among a model's parameters with a key derived from the salt key. A sealed value is bound to
 * its row and its name: moved elsewhere it cannot be opened. What older salt keys have sealed is read too.
 */
export class CredentialSeal {
  readonly #key: Buffer;
  readonly #keyName: string;
  readonly #keys: ReadonlyMap<string, Buffer>;

  constructor(saltKey: Secret, olderSaltKeys: readonly Secret[] = []) {
    this.#key = keyOf(saltKey);
    this.#keyName = nameOf(this.#key);
    this.#keys = new Map([...olderSaltKeys.map(keyOf), this.#key].map((key) => [nameOf(key), key]));
  }

  /** Parameters as they are stored. */
  seal(id: string, params: JsonObject): JsonObject {
    return mapped(params, (name, value) => {
      if (!isCredential(name, value) || isSealed(value)) return value;
      return this.#encrypt(JSON.stringify(value), placeOf(id, name));
    });
  }

  /** Parameters as they were given. @throws SealError */
  open(id: string, params: JsonObject): JsonObject {
    return mapped(params, (name, value) =>
      isSealed(value) ? (JSON.parse(this.#decrypt(value, placeOf(id, name))) as JsonValue) : value,
    );
  }

  /** False where no older key is known: nothing can be old. */
  get knowsOlder(): boolean {
    return this.#keys.size > 1;
  }

  /** True where an older key sealed something here. */
  isOld(params: JsonObject): boolean {
    return Object.values(params).some((value) => this.#isOld(value));
  }

  /** The parameters that an older key sealed, sealed anew; null where there are none. @throws SealError */
  renewed(id: string, params: JsonObject): JsonObject | null {
    if (!this.isOld(params)) return null;
    const old = Object.entries(params).filter(([, value]) => this.#isOld(value));
    return mapped(Object.fromEntries(old), (name, value) => {
      const place = placeOf(id, name);
      return this.#encrypt(this.#decrypt(value as string, place), place);
    });
  }

  #isOld(value: JsonValue | undefined): boolean {
    if (!isSealed(value)) return false;
    const name = keyNameIn(value);
    return name !== this.#keyName && this.#keys.has(name);
  }

  #encrypt(text: string, place: string): string {
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv(CIPHER, this.#key, iv).setAAD(Buffer.from(place));
    const sealed = Buffer.concat([iv, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
    return `${PREFIX}${this.#keyName}:${sealed.toString('base64url')}`;
  }

  #decrypt(sealed: string, place: string): string {
    const key = this.#keys.get(keyNameIn(sealed));
    if (!key) throw new OtherSaltKeyError(OTHER_SALT_KEY);
    const bytes = Buffer.from(sealed.split(':')[3] ?? '', 'base64url');
    try {
      const decipher = createDecipheriv(CIPHER, key, bytes.subarray(0, IV_BYTES))
        .setAAD(Buffer.from(place))
        .setAuthTag(bytes.subarray(-TAG_BYTES));
      return (
        decipher.update(bytes.subarray(IV_BYTES, -TAG_BYTES), undefined, 'utf8') + decipher.final('utf8')
      );
    } catch (error) {
      throw new SealError('it was changed after it was encrypted', { cause: error });
    }
  }
}

function keyOf(saltKey: Secret): Buffer {
  return Buffer.from(hkdfSync('sha256', saltKey.reveal(), '', 'model credentials', 32));
}

const nameOf = (key: Buffer): string => createHash('sha256').update(key).digest('hex').slice(0, 8);

const keyNameIn = (sealed: string): string => sealed.split(':')[2] ?? '';

/** The parameters that anybody may see. */
export function withoutCredentials(params: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(params).filter(([name, value]) => !isCredential(name, value) && !isSealed(value)),
  );
}

/** A reference is the name of a variable, not its value. */
function isCredential(name: string, value: JsonValue | undefined): boolean {
  if (HEADERS.has(name)) return isJsonObject(value);
  if (typeof value !== 'string' || value === '' || REFERENCE.test(value)) return false;
  return CREDENTIAL.test(name) && !HARMLESS.test(name);
}

const isSealed = (value: JsonValue | undefined): value is string =>
  typeof value === 'string' && value.startsWith(PREFIX);

const placeOf = (id: string, name: string): string => `models:${id}:litellm_params.${name}`;

function mapped(params: JsonObject, change: (name: string, value: JsonValue) => JsonValue): JsonObject {
  return Object.fromEntries(Object.entries(params).map(([name, value]) => [name, change(name, value)]));
}
