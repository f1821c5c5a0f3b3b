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
  users: '/ui/users',
  newUser: '/ui/users/new',
  user: (id: string): string => `/ui/users/${segmentOf(id)}`,
  editUser: (id: string): string => `/ui/users/${segmentOf(id)}/edit`,
  blockUser: (id: string): string => `/ui/users/${segmentOf(id)}/block`,
  deleteUser: (id: string): string => `/ui/users/${segmentOf(id)}/delete`,
  teams: '/ui/teams',
  newTeam: '/ui/teams/new',
  team: (id: string): string => `/ui/teams/${segmentOf(id)}`,
  editTeam: (id: string): string => `/ui/teams/${segmentOf(id)}/edit`,
  blockTeam: (id: string): string => `/ui/teams/${segmentOf(id)}/block`,
  deleteTeam: (id: string): string => `/ui/teams/${segmentOf(id)}/delete`,
  newMember: (team: string): string => `/ui/teams/${segmentOf(team)}/members/new`,
  editMember: (team: string, user: string): string =>
    `/ui/teams/${segmentOf(team)}/members/${segmentOf(user)}/edit`,
  removeMember: (team: string, user: string): string =>
    `/ui/teams/${segmentOf(team)}/members/${segmentOf(user)}/remove`,
  customers: '/ui/customers',
  newCustomer: '/ui/customers/new',
  customer: (id: string): string => `/ui/customers/${segmentOf(id)}`,
  editCustomer: (id: string): string => `/ui/customers/${segmentOf(id)}/edit`,
  blockCustomer: (id: string): string => `/ui/customers/${segmentOf(id)}/block`,
  deleteCustomer: (id: string): string => `/ui/customers/${segmentOf(id)}/delete`,
  budgets: '/ui/budgets',
  newBudget: '/ui/budgets/new',
  budget: (id: string): string => `/ui/budgets/${segmentOf(id)}`,
  editBudget: (id: string): string => `/ui/budgets/${segmentOf(id)}/edit`,
  deleteBudget: (id: string): string => `/ui/budgets/${segmentOf(id)}/delete`,
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
