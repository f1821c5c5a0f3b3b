import { built, must, type Target } from '../target.ts';

interface Endpoint {
  readonly basePath: string;
}

const { joinPath } = await built<{ readonly joinPath: (base: string, path: string) => string }>(
  'libs/upstream/src/upstream-path.js',
);
const { BadRequestError } = await built<{ readonly BadRequestError: new () => Error }>(
  'libs/call/src/index.js',
);
const { compileEndpoint, findEndpoint, targetOf } = await built<{
  readonly compileEndpoint: (entry: object) => Endpoint;
  readonly findEndpoint: (endpoints: readonly Endpoint[], path: string) => Endpoint | null;
  readonly targetOf: (endpoint: Endpoint, path: string, query: string) => string;
}>('libs/passthrough/src/endpoint.js');

const BASE = '/base/v1';
const ORIGIN = 'http://upstream.test:8080';
const ENDPOINTS = ['/tts', '/tts/deep', '/llama'].map((path) =>
  compileEndpoint({
    path,
    target: `${ORIGIN}${BASE}`,
    includeSubpath: true,
    headers: {},
    mergeQueryParams: false,
    costPerRequestPicoUsd: 0n,
  }),
);
const DECODINGS = 3;

/** However often somebody on the way decodes it, and by whatever rules, it is below the base, at the same origin. */
function staysBelow(target: string): void {
  must(target.startsWith(BASE), `it left the base: ${target}`);
  must(!/[\s\u0000-\u001f\\]/.test(target), `a character that splits requests: ${JSON.stringify(target)}`);
  let path = target.split('?', 1)[0] ?? '';
  for (let times = 0; times <= DECODINGS; times += 1) {
    const url = new URL(path, ORIGIN);
    must(url.origin === ORIGIN, `another origin: ${url.origin}`);
    must(
      url.pathname === BASE || url.pathname.startsWith(`${BASE}/`),
      `it climbed: ${url.pathname} of ${target}`,
    );
    path = decoded(path);
    // Encoded twice is a name with a per cent sign to everybody who decodes once.
    if (times === 0 && path.includes('%')) return;
  }
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

function refusedOr(work: () => string): string | null {
  try {
    return work();
  } catch (error) {
    if (error instanceof BadRequestError) return null;
    throw error;
  }
}

export const PATH: Target = {
  name: 'path',
  maxBytes: 256,
  seeds: [
    '/chat/completions',
    '/tts/v1/audio/speech?a=b',
    '/llama/a/../b',
    '/tts/%2e%2e/x',
    '/tts//host/x',
    '/tts/deep;a=1/.',
  ],
  words: [
    '/..',
    '/.',
    '//',
    '%2e',
    '%2E',
    '%2f',
    '%5c',
    '%00',
    '%252e',
    '\\',
    '@',
    ':',
    '?',
    '#',
    '/tts',
    '/llama',
    '/tts/deep',
    '%c0%af',
    ';',
    '..;/',
    '\u00ff',
    '%',
    'http://',
  ],
  run: (input) => {
    const text = input.toString('latin1');
    const joined = refusedOr(() => joinPath(BASE, text));
    if (joined !== null) staysBelow(joined);
    const [path = '', query] = text.split('?', 2);
    const endpoint = findEndpoint(ENDPOINTS, path);
    if (!endpoint) return;
    const target = refusedOr(() => targetOf(endpoint, path, ''));
    if (target !== null) staysBelow(target);
    if (query !== undefined) refusedOr(() => targetOf(endpoint, path, `?${query}`));
  },
};
