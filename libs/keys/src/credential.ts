import { AuthenticationError, BadRequestError } from '@app/call';

const MALFORMED =
  'Authentication Error, Malformed API Key passed in. Ensure that the key has the prefix `Bearer ` in the Authorization header.';
const AWS_CREDENTIAL = /^AWS4-HMAC-SHA256 Credential=(?:Bearer )?([^/,\s]+)\//;

/** How a slot writes its credential. */
type SlotForm = 'authorization' | 'optionalScheme' | 'plain' | 'bearer';

interface Slot {
  readonly name: string;
  readonly form: SlotForm;
  /** Its place in the set of slots seen in one request. */
  readonly bit: number;
}

const SLOTS: readonly Slot[] = [
  { name: 'x-litellm-api-key', form: 'optionalScheme', bit: 1 },
  { name: 'authorization', form: 'authorization', bit: 2 },
  { name: 'api-key', form: 'plain', bit: 4 },
  { name: 'x-api-key', form: 'plain', bit: 8 },
  { name: 'x-goog-api-key', form: 'plain', bit: 16 },
  { name: 'ocp-apim-subscription-key', form: 'plain', bit: 32 },
];

/** Reads the one credential of a request out of its raw headers; null where none is sent. */
export type CredentialReader = (rawHeaders: readonly string[]) => string | null;

/**
 * The reader for the slots of the wire contract or, where `keyHeaderName` is configured, for that header
 * alone. Equal values in several slots are one credential.
 * The reader throws BadRequestError for a header sent twice or for values that differ,
 * AuthenticationError for one that cannot be read.
 */
export function credentialReader(keyHeaderName: string | null = null): CredentialReader {
  const slots: readonly Slot[] =
    keyHeaderName === null ? SLOTS : [{ name: keyHeaderName.toLowerCase(), form: 'bearer', bit: 1 }];
  // Every header of every request is looked at, and no two slots have names of one length.
  const byLength: (Slot | undefined)[] = [];
  for (const slot of slots) byLength[slot.name.length] = slot;
  return (rawHeaders) => readSlots(rawHeaders, byLength);
}

function readSlots(rawHeaders: readonly string[], byLength: readonly (Slot | undefined)[]): string | null {
  let credential: string | null = null;
  let seen = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? '';
    const slot = byLength[name.length];
    if (slot === undefined || (slot.name !== name && slot.name !== name.toLowerCase())) continue;
    if ((seen & slot.bit) !== 0) {
      throw new BadRequestError(`The header \`${slot.name}\` is sent more than once.`, slot.name);
    }
    seen |= slot.bit;
    const value = credentialIn(slot.form, rawHeaders[index + 1] ?? '');
    if (value === null) continue;
    if (credential !== null && credential !== value) {
      throw new BadRequestError('Several different credentials are sent. Send one.', slot.name);
    }
    credential = value;
  }
  return credential;
}

function credentialIn(form: SlotForm, header: string): string | null {
  if (form === 'plain') return header === '' ? null : header;
  if (form === 'optionalScheme') {
    return header === '' ? null : (afterScheme(header, 'Bearer') ?? basicCredential(header) ?? header);
  }
  const bearer = afterScheme(header, 'Bearer');
  if (bearer !== null) return bearer;
  const other =
    form === 'authorization' ? (basicCredential(header) ?? AWS_CREDENTIAL.exec(header)?.[1]) : null;
  if (other === null || other === undefined) throw new AuthenticationError(MALFORMED);
  return other;
}

/** What follows the scheme's name, which is case-insensitive (RFC 9110 §11.1); null for another scheme or nothing. */
function afterScheme(header: string, scheme: string): string | null {
  const { length } = scheme;
  if (header.charCodeAt(length) !== 0x20) return null;
  if (!header.startsWith(scheme) && header.slice(0, length).toLowerCase() !== scheme.toLowerCase())
    return null;
  const rest = header.slice(length + 1).trim();
  return rest === '' ? null : rest;
}

/** The key itself, or base64 of `key:anything` or `anything:key`. */
function basicCredential(header: string): string | null {
  const rest = afterScheme(header, 'Basic');
  if (rest === null || rest.startsWith('sk-')) return rest;
  const decoded = Buffer.from(rest, 'base64').toString('latin1');
  const colon = decoded.indexOf(':');
  if (colon < 0) return rest;
  const [user, password] = [decoded.slice(0, colon), decoded.slice(colon + 1)];
  const chosen = password.startsWith('sk-') && !user.startsWith('sk-') ? password : user || password;
  return chosen === '' ? null : chosen;
}
