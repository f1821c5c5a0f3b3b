import { BadRequestError, type Deployment, NO_PRICE } from '@app/call';
import { type PassThroughEntry } from '@app/config';
import { credentialsIn } from '@app/upstream';

const FIRST_BYTE_MS = 600_000;
const SAFE_PATH = /^(?:\/[A-Za-z0-9._~!$&'()*+,=:@%-]+)*\/?$/;
const UNSAFE = /(?:^|\/)\.{1,2}(?:\/|$)|%(?:25)*(?:2e|2f|5c|00)/i;

/** A route that goes straight to a backend. */
export interface Endpoint {
  readonly entry: PassThroughEntry;
  readonly origin: string;
  readonly hostname: string;
  /** Without a slash at its end. */
  readonly basePath: string;
  /** What the target's own query adds to each request, without a `?`; empty where it adds nothing. */
  readonly ownQuery: string;
  /** What the backend is told in headers and query, and may not tell to anybody. */
  readonly secrets: readonly string[];
  /** What rows and metrics are told about it. */
  readonly deployment: Deployment;
}

export function compileEndpoint(entry: PassThroughEntry): Endpoint {
  const target = new URL(entry.target);
  const ownQuery = entry.mergeQueryParams ? target.search.slice(1) : '';
  return {
    entry,
    origin: target.origin,
    hostname: target.hostname,
    basePath: target.pathname.replace(/\/+$/, ''),
    ownQuery,
    secrets: [...credentialsIn(entry.headers), ...valuesIn(ownQuery)],
    deployment: {
      id: `pass-through ${entry.path}`,
      modelGroup: 'pass-through',
      provider: 'pass_through',
      upstreamModel: 'unknown',
      origin: target.origin,
      basePath: target.pathname.replace(/\/+$/, ''),
      apiKey: null,
      extraHeaders: {},
      timeouts: {
        connectMs: 5_000,
        firstByteMs: FIRST_BYTE_MS,
        idleMs: FIRST_BYTE_MS,
        totalMs: FIRST_BYTE_MS,
      },
      price: { ...NO_PRICE, perRequestPicoUsd: entry.costPerRequestPicoUsd, version: 'config' },
      defaults: {},
      maxInputTokens: null,
      maxOutputTokens: null,
      supportsFunctionCalling: false,
    },
  };
}

/** As they are, and as they stand in an address. */
function valuesIn(query: string): string[] {
  const written = query.split('&').map((pair) => pair.slice(pair.indexOf('=') + 1));
  return [...new Set([...new URLSearchParams(query).values(), ...written])].filter((value) => value !== '');
}

/** The endpoint of a path: the exact one, else the longest that takes what is below it. */
export function findEndpoint(endpoints: readonly Endpoint[], path: string): Endpoint | null {
  let found: Endpoint | null = null;
  for (const endpoint of endpoints) {
    const { entry } = endpoint;
    if (entry.path === path) return endpoint;
    const isBelow = entry.includeSubpath && path.startsWith(`${entry.path}/`);
    if (isBelow && entry.path.length > (found?.entry.path.length ?? 0)) found = endpoint;
  }
  return found;
}

/**
 * Where a request goes at the endpoint's origin: path and query, made of the target and what the client wrote below the
 * endpoint. It stays below the target: no segment climbs, nothing encoded becomes a separator, however often a backend decodes it. Never goes through
 * `new URL`, which would let `//host` and `\` choose another one.
 * @throws BadRequestError
 */
export function targetOf({ entry, basePath, ownQuery }: Endpoint, path: string, query: string): string {
  const below = path.slice(entry.path.length);
  if (!SAFE_PATH.test(below) || UNSAFE.test(below)) {
    throw new BadRequestError('The path cannot be forwarded.');
  }
  const joined = basePath + below;
  return (joined === '' ? '/' : joined) + merged(ownQuery, query);
}

/** @param query of the client, with its `?`, or nothing */
function merged(own: string, query: string): string {
  if (own === '') return query;
  return query.length > 1 ? `?${own}&${query.slice(1)}` : `?${own}`;
}
