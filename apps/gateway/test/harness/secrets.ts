import { parse } from 'yaml';
import { type Canary, LEAST_CANARY_LENGTH } from './canaries.ts';
import { type Answer, stringOf } from './http.ts';

/** Names of members and variables whose value nobody may see. */
const SECRET_NAME = /(?:key|secret|password|(?<!per_)token|authorization|credentials?|headers)(?:_old)?$/i;
const PUBLIC_NAME = /public_key$/i;
const HEADER_NAME = /(?:authorization|headers)$/i;
const REFERENCE = /^os\.environ\//;
const MINTED = /\bsk-[\w-]{20,}/g;
const MINTING = /^\/(?:key\/(?:.+\/)?(?:re)?generate|user\/new)\b/;
const MOST_CONFIG_LENGTH = 1_000_000;
const MOST_KEYS = 2_000;

/** Those that clients of the gateway never see, and those that it shows them once. */
const hidden = new Map<string, Canary>();
const shown = new Map<string, Canary>();
const tooShort = new Set<string>();
let keys = 0;

/** What this process has given to its gateways or got from them, and what may stand in nothing that they leave. */
export const knownSecrets = (): readonly Canary[] => [...hidden.values(), ...shown.values()];

/** Those of them that may not even stand in an answer. */
export const hiddenSecrets = (): readonly Canary[] => [...hidden.values()];

/** Those that could stand somewhere by chance, and are not looked for. */
export const secretsLeftOut = (): readonly string[] => [...tooShort];

/** A key or a session, which a client has and sends. */
export function keepShownSecret(name: string, value: string): void {
  if (!hidden.has(value)) keep(shown, { name, value });
}

function keep(secrets: Map<string, Canary>, { name, value }: Canary): void {
  if (value === '' || secrets.has(value)) return;
  if (value.length < LEAST_CANARY_LENGTH) tooShort.add(name);
  else secrets.set(value, { name, value });
}

type Variables = Readonly<Record<string, string>>;

/** What a gateway is given at its start. */
export function keepSecretsOf(environment: Variables, config: string): void {
  keepMembers(environment, environment);
  const database = environment['DATABASE_URL'] ?? '';
  keep(hidden, { name: 'DATABASE_URL', value: database });
  const password = URL.parse(database)?.password ?? '';
  keep(hidden, { name: 'the password of the database', value: password });
  if (config.length > MOST_CONFIG_LENGTH) return;
  try {
    keepMembers(parse(config), environment);
  } catch {
    // It is meant to be refused.
  }
}

/** Credentials that were sent to the administration, and a new key that it shows this once. */
export function keepSecretsOfCall(path: string, body: unknown, { status, json }: Answer): void {
  if (path.startsWith('/model/')) keepMembers(body);
  if (status === 200 && MINTING.test(path)) keepKey(stringOf(json?.key));
}

/** The same for the pages: `fields` of a form, and the page that answered it. */
export function keepSecretsOfForm(path: string, fields: object, text: string): void {
  if (path.startsWith('/ui/models')) keepMembers(fields);
  if (path.startsWith('/ui/keys')) for (const [key] of text.matchAll(MINTED)) keepKey(key);
}

function keepKey(key: string): void {
  if (key === '' || shown.has(key) || keys >= MOST_KEYS) return;
  keys += 1;
  keepShownSecret(`virtual key ${keys}`, key);
}

/** Secrets below `value`, an object out of JSON, named by their member. */
function keepMembers(value: unknown, environment: Variables = {}): void {
  if (typeof value !== 'object' || value === null) return;
  for (const [name, member] of Object.entries(value)) {
    if (typeof member !== 'string') keepMembers(member, environment);
    else if (SECRET_NAME.test(name) && !PUBLIC_NAME.test(name)) {
      const secret = REFERENCE.test(member) ? environment[member.replace(REFERENCE, '')] : member;
      for (const text of HEADER_NAME.test(name) ? headersIn(secret ?? '') : [secret ?? '']) {
        keep(hidden, { name, value: text });
      }
    }
  }
}

/** The values of `name=value,name=value` without their scheme; of one header likewise. */
function headersIn(text: string): string[] {
  return text.split(',').map((header) => {
    const value = header.replace(/^[\w-]+=/, '');
    const plain = /%[\da-f]{2}/i.test(value) ? decodeURIComponent(value) : value;
    return plain.split(/\s+/).at(-1) ?? '';
  });
}
