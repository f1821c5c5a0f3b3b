/** Every URL of the pages; templates and controllers take theirs from here. */
export const paths = {
  home: '/ui',
  login: '/ui/login',
  logout: '/ui/logout',
  assets: '/ui/assets',
  logs: '/ui/logs',
  log: (recordId: string): string => `/ui/logs/${encodeURIComponent(recordId)}`,
  live: '/ui/live',
  usage: '/ui/usage',
  playground: '/ui/playground',
  playgroundStream: '/ui/playground/stream',
  keys: '/ui/keys',
  newKey: '/ui/keys/new',
  key: (hash: string): string => `/ui/keys/${encodeURIComponent(hash)}`,
  editKey: (hash: string): string => `/ui/keys/${encodeURIComponent(hash)}/edit`,
  blockKey: (hash: string): string => `/ui/keys/${encodeURIComponent(hash)}/block`,
  rotateKey: (hash: string): string => `/ui/keys/${encodeURIComponent(hash)}/rotate`,
  deleteKey: (hash: string): string => `/ui/keys/${encodeURIComponent(hash)}/delete`,
  models: '/ui/models',
  audit: '/ui/audit',
  settings: '/ui/settings',
  preferences: '/ui/settings/preferences',
} as const;

/** `path` with those of `query` that have a value. */
export function withQuery(path: string, query: Readonly<Record<string, string | null>>): string {
  const given = Object.entries(query).filter((pair): pair is [string, string] => Boolean(pair[1]));
  return given.length === 0 ? path : `${path}?${new URLSearchParams(given).toString()}`;
}

const INSIDE = /^\/ui(?:[/?][\w\-./?=&%+:@~,]*)?$/;

/** Where to go after signing in: a page of ours, whatever the address said. */
export function safeNext(next: string | null): string {
  if (next === null || next.length > 500 || !INSIDE.test(next) || next.includes('//')) return paths.home;
  return next;
}
