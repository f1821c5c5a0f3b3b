import { type Gateway } from '../harness.ts';
import { Visitor } from '../ui/browsing.ts';
import { type Field } from './row.ts';

const ROUNDS = 5;
const MAX_BYTES = 300_000;

/** Keys, users and teams as a large company has them, for the lists. */
export async function addOwners(field: Field, keys: number): Promise<void> {
  await field.query(
    `INSERT INTO virtual_keys (hash, key_name, key_alias, user_id, team_id, max_budget_usd, budget_duration, version,
       created_by, updated_by, created_at)
     SELECT encode(sha256(i::text::bytea), 'hex'), 'sk-...' || right(md5(i::text), 4), 'many-' || i, 'user-' || i % 1000,
       'team-' || i % 100, 10, '30d', 0, 'seed', 'seed', now() - i * interval '1 second'
     FROM generate_series(1, ${keys}) AS i`,
  );
  await field.query(
    `INSERT INTO users (user_id, user_alias, created_by, updated_by, created_at)
     SELECT 'user-' || i, 'User ' || i, 'seed', 'seed', now() - i * interval '1 second'
     FROM generate_series(1, ${keys / 10}) AS i`,
  );
  await field.query(
    `INSERT INTO teams (team_id, created_by, updated_by) SELECT 'team-' || i, 'seed', 'seed' FROM generate_series(0, 99) AS i`,
  );
}

/** The addresses of the pages that read much. */
async function addressesIn(field: Field): Promise<string[]> {
  const [row] = await field.query<{ id: string; key: string }>(
    `SELECT id, (SELECT word FROM spend_words WHERE code = key_code) AS key FROM spend_logs
     WHERE started_at > now() - interval '2 days' ORDER BY started_at DESC LIMIT 1`,
  );
  const key = row?.key ?? '';
  const day = (daysAgo: number): string =>
    new Date(Date.now() - daysAgo * 86_400_000).toISOString().slice(0, 10);
  return [
    ...['1h', '24h', '7d', '30d'].map((range) => `/ui?period=${range}`),
    ...['key', 'team', 'user'].map((by) => `/ui?period=30d&by=${by}`),
    ...['', '?model=bge-m3', `?of_key=${key}`, '?user=seed-user-7', '?error=timeout', '?result=failure'].map(
      (query) => `/ui/logs${query}`,
    ),
    `/ui/logs/${row?.id ?? ''}`,
    ...['model', 'key', 'user', 'team', 'tag', 'end_user'].map(
      (by) => `/ui/usage?from=${day(89)}&to=${day(0)}&by=${by}`,
    ),
    ...['', '?sort=name', '?q=many-4711', '?q=no-such-key', '?state=spent', '?state=blocked'].map(
      (query) => `/ui/keys${query}`,
    ),
    `/ui/keys/${key}`,
    ...['/ui/users', '/ui/users?q=User+77', '/ui/users/user-7', '/ui/teams', '/ui/teams/team-7'],
    ...['/ui/customers', '/ui/budgets', '/ui/models', '/ui/audit', '/ui/settings', '/ui/playground', '/docs'],
  ];
}

export interface PageTime {
  readonly path: string;
  readonly medianMs: number;
  readonly slowestMs: number;
  readonly bytes: number;
}

/** Every page a few times, the slowest first. */
export async function pageTimes(field: Field, gateway: Gateway): Promise<PageTime[]> {
  const visitor = await Visitor.signedIn(gateway);
  const times: PageTime[] = [];
  for (const path of await addressesIn(field)) {
    const taken: number[] = [];
    let bytes = 0;
    for (let round = 0; round < ROUNDS; round += 1) {
      const startedAt = performance.now();
      const { status, text } = await visitor.get(path);
      taken.push(performance.now() - startedAt);
      bytes = Buffer.byteLength(text);
      if (status !== 200) throw new Error(`${path}: ${status}`);
    }
    taken.sort((a, b) => a - b);
    times.push({
      path,
      medianMs: Math.round(taken[Math.floor(ROUNDS / 2)] ?? 0),
      slowestMs: Math.round(taken.at(-1) ?? 0),
      bytes,
    });
  }
  return times.sort((a, b) => b.medianMs - a.medianMs);
}

export const isSmall = ({ bytes }: PageTime): boolean => bytes <= MAX_BYTES;
