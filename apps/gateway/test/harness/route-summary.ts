/** Families of routes as the README shows them, with the first parts of their paths. */
const FAMILIES: readonly (readonly [string, RegExp])[] = [
  ['Inference', /^(?:chat|completions|embeddings|models|responses|messages|rerank|moderations|images)$/],
  ['Audio', /^audio$/],
  ['Search', /^search$/],
  ['Utilities', /^(?:utils|infill|api)$/],
  ['Keys', /^key$/],
  ['Users and teams', /^(?:user|team|organization)$/],
  ['Customers and budgets', /^(?:customer|end_user|budget)$/],
  ['Models', /^(?:model|model_group)$/],
  ['Spend and activity', /^(?:spend|global|cost)$/],
  ['Health and metrics', /^(?:health|metrics)$/],
];
const ACCESS: Readonly<Record<string, string>> = {
  public: 'everybody',
  inference: 'any valid key',
  self: 'keys about what is theirs, administrators',
  admin: 'administrators',
};
/** Pages, and other names of what stands in the table already. */
const LEFT_OUT = /^\/(?:ui(?:\/|$)|engines\/|openai\/deployments\/|$)/;

interface Route {
  readonly method: string;
  readonly path: string;
  readonly access: string;
}

/** The README's table of routes, from the lines of the checked-in route table. */
export function routeSummary(table: string): string {
  const routes = table
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [method = '', path = '', access = ''] = line.split(' ');
      return { method, path, access };
    })
    .filter(({ path }) => !LEFT_OUT.test(path));
  const rows = groupsOf(routes.filter((route) => !hasOtherName(route, routes))).map(
    ([family, access, own]) => [family, own.map(shown).join(', '), ACCESS[access] ?? access] as const,
  );
  return alignedTable([['', 'routes', 'who may call them'], ...rows]);
}

/** `/models` is `/v1/models` by a shorter name. */
const hasOtherName = ({ method, path }: Route, routes: readonly Route[]): boolean =>
  routes.some((other) => other.method === method && other.path === `/v1${path}`);

function groupsOf(routes: readonly Route[]): [string, string, Route[]][] {
  const groups = new Map<string, [string, string, Route[]]>();
  const families = [...FAMILIES.map(([name]) => name), 'The gateway itself'];
  for (const route of routes) {
    const family = familyOf(route);
    const key = `${family} ${route.access}`;
    const group = groups.get(key) ?? [family, route.access, []];
    group[2].push(route);
    groups.set(key, group);
  }
  const order = Object.keys(ACCESS);
  return [...groups.values()].sort(
    (a, b) => families.indexOf(a[0]) - families.indexOf(b[0]) || order.indexOf(a[1]) - order.indexOf(b[1]),
  );
}

function familyOf({ path }: Route): string {
  const [first = '', second = ''] = path.slice(1).split('/');
  const part = /^v\d$/.test(first) ? second : first;
  return FAMILIES.find(([, pattern]) => pattern.test(part))?.[0] ?? 'The gateway itself';
}

const shown = ({ method, path }: Route): string => `\`${method} ${path.replace(/[:*](\w+)/g, '{$1}')}\``;

function alignedTable(rows: readonly (readonly string[])[]): string {
  const [head = [], ...body] = rows;
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...body.map(line)].join('\n');
}
