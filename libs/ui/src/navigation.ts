import { paths } from './paths.js';

export type Section =
  | 'overview'
  | 'logs'
  | 'usage'
  | 'playground'
  | 'keys'
  | 'users'
  | 'teams'
  | 'customers'
  | 'budgets'
  | 'models'
  | 'audit'
  | 'settings';

interface Item {
  readonly section: Section;
  readonly label: string;
  readonly href: string;
  readonly icon: string;
  readonly isForAll: boolean;
}

const GROUPS: readonly { readonly title: string; readonly items: readonly Item[] }[] = [
  {
    title: '',
    items: [
      { section: 'overview', label: 'Overview', href: paths.home, icon: 'home', isForAll: false },
      { section: 'logs', label: 'Logs', href: paths.logs, icon: 'list', isForAll: true },
      { section: 'usage', label: 'Usage', href: paths.usage, icon: 'chart', isForAll: true },
      { section: 'playground', label: 'Playground', href: paths.playground, icon: 'chat', isForAll: true },
    ],
  },
  {
    title: 'Access',
    items: [
      { section: 'keys', label: 'Keys', href: paths.keys, icon: 'key', isForAll: true },
      { section: 'users', label: 'Users', href: paths.users, icon: 'user', isForAll: false },
      { section: 'teams', label: 'Teams', href: paths.teams, icon: 'team', isForAll: false },
      { section: 'customers', label: 'Customers', href: paths.customers, icon: 'globe', isForAll: false },
      { section: 'budgets', label: 'Budgets', href: paths.budgets, icon: 'clock', isForAll: false },
    ],
  },
  {
    title: 'Gateway',
    items: [
      { section: 'models', label: 'Models', href: paths.models, icon: 'cube', isForAll: false },
      { section: 'audit', label: 'Audit', href: paths.audit, icon: 'audit', isForAll: false },
      { section: 'settings', label: 'Settings', href: paths.settings, icon: 'gear', isForAll: false },
    ],
  },
];

/** What the navigation shows: everything, or what the holder of one key may open. */
export function navigationFor(isAdmin: boolean, current: Section | null): object[] {
  return GROUPS.map(({ title, items }) => ({
    title,
    items: items
      .filter((item) => isAdmin || item.isForAll)
      .map(({ section, label, href, icon }) => ({ label, href, icon, isCurrent: section === current })),
  })).filter(({ items }) => items.length > 0);
}
