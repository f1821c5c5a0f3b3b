const PLAIN_ID = /^(?!new$)[A-Za-z0-9_-][A-Za-z0-9_.@-]*$/;

/** An id that people chose, as part of a path: itself where a path may hold it, else as base64url after a tilde. */
const segmentOf = (id: string): string =>
  PLAIN_ID.test(id) ? id : `~${Buffer.from(id).toString('base64url')}`;

/** The id that a part of a path stands for; empty where it stands for none. */
export function idIn(segment: string): string {
  const id = segment.startsWith('~') ? Buffer.from(segment.slice(1), 'base64url').toString('utf8') : segment;
  return id.includes('\0') ? '' : id;
}

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
  playgroundChat: '/ui/playground/chat',
  playgroundSpeech: '/ui/playground/speech',
  playgroundSpeak: '/ui/playground/speech/audio',
  playgroundTranscription: '/ui/playground/transcription',
  playgroundTranscribe: '/ui/playground/transcription/text',
  keys: '/ui/keys',
  newKey: '/ui/keys/new',
  key: (hash: string): string => `/ui/keys/${encodeURIComponent(hash)}`,
  editKey: (hash: string): string => `/ui/keys/${encodeURIComponent(hash)}/edit`,
  blockKey: (hash: string): string => `/ui/keys/${encodeURIComponent(hash)}/block`,
  rotateKey: (hash: string): string => `/ui/keys/${encodeURIComponent(hash)}/rotate`,
  deleteKey: (hash: string): string => `/ui/keys/${encodeURIComponent(hash)}/delete`,
  /** What is done to an owner, by his page; `new` by the page of the list. */
  new: (list: string): string => `${list}/new`,
  edit: (page: string): string => `${page}/edit`,
  block: (page: string): string => `${page}/block`,
  delete: (page: string): string => `${page}/delete`,
  users: '/ui/users',
  user: (id: string): string => `/ui/users/${segmentOf(id)}`,
  teams: '/ui/teams',
  team: (id: string): string => `/ui/teams/${segmentOf(id)}`,
  newMember: (team: string): string => `/ui/teams/${segmentOf(team)}/members/new`,
  editMember: (team: string, user: string): string =>
    `/ui/teams/${segmentOf(team)}/members/${segmentOf(user)}/edit`,
  removeMember: (team: string, user: string): string =>
    `/ui/teams/${segmentOf(team)}/members/${segmentOf(user)}/remove`,
  customers: '/ui/customers',
  customer: (id: string): string => `/ui/customers/${segmentOf(id)}`,
  budgets: '/ui/budgets',
  budget: (id: string): string => `/ui/budgets/${segmentOf(id)}`,
  models: '/ui/models',
  newModel: '/ui/models/new',
  model: (name: string): string => `/ui/models/name/${segmentOf(name)}`,
  testModel: (name: string): string => `/ui/models/name/${segmentOf(name)}/test`,
  editModel: (id: string): string => `/ui/models/stored/${segmentOf(id)}/edit`,
  deleteModel: (id: string): string => `/ui/models/stored/${segmentOf(id)}/delete`,
  audit: '/ui/audit',
  settings: '/ui/settings',
  preferences: '/ui/settings/preferences',
  docs: '/docs',
  apiDocument: '/docs/openapi.json',
  apiOperation: (id: string): string => `/docs/${encodeURIComponent(id)}`,
} as const;

/** `path` with those of `query` that have a value. */
export function withQuery(path: string, query: Readonly<Record<string, string | null>>): string {
  const given = Object.entries(query).filter((pair): pair is [string, string] => Boolean(pair[1]));
  return given.length === 0 ? path : `${path}?${new URLSearchParams(given).toString()}`;
}

const INSIDE = /^\/(?:ui|docs)(?:[/?][\w\-./?=&%+:@~,]*)?$/;

/** Where to go after signing in: a page of ours, whatever the address said. */
export function safeNext(next: string | null): string {
  if (next === null || next.length > 500 || !INSIDE.test(next) || next.includes('//')) return paths.home;
  return next;
}
