import { BadRequestError, type Call, isJsonObject, type JsonObject, PermissionError } from '@app/call';
import { type CacheSettings } from '@app/config';

/** What a request says about the answers that are kept. */
export interface CacheWishes {
  readonly reads: boolean;
  readonly writes: boolean;
  readonly ttlMs: number;
  /** Only answers that are younger; Infinity: any that has not expired. */
  readonly maxAgeMs: number;
  readonly namespace: string;
}

const MAX_NAMESPACE = 256;
const MAX_SECONDS = 366 * 86_400;
const SHARED_MAX_AGE = /(?:^|[\s,])s-max-?age\s*=\s*"?(\d{1,9})"?/i;

/**
 * Reads the `cache` controls of a call; null where it wants nothing to do with kept answers.
 * @throws BadRequestError naming the control that cannot be understood, PermissionError for one that the key may not send
 */
export function cacheWishesOf(call: Call, settings: CacheSettings): CacheWishes | null {
  const { object } = call.body;
  if (object['caching'] === false) return null;
  const given = controlsIn(object);
  const headerTtlMs = headerMs(call.cacheControl);
  requireAllowed(call.caller.allowedCacheControls, [
    ...Object.keys(given),
    ...(headerTtlMs === null ? [] : ['s-maxage']),
  ]);
  const uses = flagIn(given, 'use-cache');
  if (settings.isOptIn ? !uses : given['use-cache'] === false) return null;
  const wishes = {
    reads: !flagIn(given, 'no-cache'),
    writes: !flagIn(given, 'no-store'),
    ttlMs: msIn(given, 'ttl') ?? headerTtlMs ?? settings.ttlMs,
    maxAgeMs: msIn(given, 's-maxage') ?? msIn(given, 's-max-age') ?? Infinity,
    namespace: namespaceIn(given),
  };
  return wishes.reads || wishes.writes ? wishes : null;
}

function requireAllowed(allowed: readonly string[], sent: readonly string[]): void {
  const refused = allowed.length > 0 ? sent.find((name) => !allowed.includes(name)) : undefined;
  if (refused === undefined) return;
  throw new PermissionError(
    `This key may not send the cache control \`${refused.slice(0, 64)}\`. Allowed: ${allowed.join(', ')}.`,
    'auth_error',
    'cache',
  );
}

function controlsIn({ cache }: JsonObject): JsonObject {
  if (cache === undefined || cache === null) return {};
  if (!isJsonObject(cache)) throw new BadRequestError('`cache` must be an object.', 'cache');
  return cache;
}

function flagIn(controls: JsonObject, name: string): boolean {
  const value = controls[name] ?? false;
  if (typeof value !== 'boolean')
    throw new BadRequestError(`\`cache.${name}\` must be true or false.`, 'cache');
  return value;
}

function msIn(controls: JsonObject, name: string): number | null {
  const value = controls[name] ?? null;
  if (value === null) return null;
  if (typeof value !== 'number' || !(value >= 0) || value > MAX_SECONDS) {
    throw new BadRequestError(`\`cache.${name}\` must be a number of seconds, from 0 to a year.`, 'cache');
  }
  return value * 1_000;
}

function namespaceIn({ namespace = null }: JsonObject): string {
  if (namespace === null) return '';
  if (typeof namespace !== 'string' || namespace.length > MAX_NAMESPACE) {
    throw new BadRequestError(
      `\`cache.namespace\` must be a text of at most ${MAX_NAMESPACE} characters.`,
      'cache',
    );
  }
  return namespace;
}

/** `Cache-Control: s-maxage=60` says how long the answer may be kept, as in LiteLLM. */
function headerMs(cacheControl: string | null | undefined): number | null {
  const match = cacheControl ? SHARED_MAX_AGE.exec(cacheControl) : null;
  return match ? Number(match[1]) * 1_000 : null;
}
