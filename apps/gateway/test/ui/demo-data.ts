import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type ConfigChanges, deployment, type Gateway, ROOT } from '../harness.ts';

/** What the demo's rows need of a database. */
export interface DemoDatabase {
  readonly url: string;
  query(sql: string, values?: unknown[]): Promise<unknown>;
}

/** What there is to look at once the demo data is in. */
export interface Demo {
  readonly key: string;
  readonly keyHash: string;
  /** The call ids of one that was answered, and one that no backend answered. */
  readonly answered: string;
  readonly failed: string;
}

const SEED = join(ROOT, 'dist/apps/gateway/src/commands/seed.js');
const MINI = { input_cost_per_token: 0.00000015, output_cost_per_token: 0.0000006 };

/** Backends of every kind, and one that does not answer. */
export const DEMO_CONFIG: ConfigChanges = {
  models: [
    deployment('gpt-4', 'qwen3-30b-a3b'),
    deployment('gpt-4o-mini', 'qwen2.5-14b-instruct', MINI),
    deployment('gemma', 'gemma3-27b', MINI),
    deployment('gpt-oss', 'gpt-oss-120b'),
    deployment('embeddings', 'bge-m3', MINI),
    deployment('vision', 'pixtral-12b', { api_base: 'http://127.0.0.1:9/v1', timeout: 2 }),
    audio('tts-1', 'OPENEDAI_SPEECH_API_BASE', 'audio_speech'),
    audio('whisper-1', 'FASTER_WHISPER_API_BASE', 'audio_transcription'),
    deployment('*', '*'),
  ],
  general: {
    store_prompts_in_spend_logs: true,
    search_tools: [{ search_tool_name: 'searxng-search', litellm_params: { search_provider: 'searxng' } }],
  },
  litellm: { request_timeout: 20 },
};

function audio(name: string, base: string, mode: string): object {
  return {
    model_name: name,
    litellm_params: { model: `openai/${name}`, api_base: `os.environ/${base}` },
    model_info: { mode },
  };
}

const NAMES = [
  'LibreChat',
  'Open WebUI',
  'n8n flows',
  'Docs search',
  'Nightly batch',
  'Support desk',
  'Flowise',
];
const TEAMS = ['Research', 'Support', 'Platform', 'Documentation'];

/** Two months of calls that never were under names that one may read, then some real ones. */
export async function addDemoData(gateway: Gateway, database: DemoDatabase, rows = 4_000): Promise<Demo> {
  await promisify(execFile)(process.execPath, [
    SEED,
    `--database=${database.url}`,
    `--rows=${rows}`,
    '--days=60',
  ]);
  for (const [index, name] of NAMES.entries()) {
    await database.query(`UPDATE spend_words SET word = $1 WHERE word = $2`, [name, `seed key ${index}`]);
    await database.query(`UPDATE virtual_keys SET key_alias = $1 WHERE key_alias LIKE $2`, [
      name,
      `seed key ${index} %`,
    ]);
  }
  for (const [index, name] of TEAMS.entries()) {
    for (const [table, column] of [
      ['spend_words', 'word'],
      ['virtual_keys', 'team_id'],
    ]) {
      await database.query(`UPDATE ${table} SET ${column} = $1 WHERE ${column} = $2`, [
        name,
        `seed-team-${index}`,
      ]);
    }
  }
  for (const [table, column, from, to] of [
    ['spend_words', 'word', 'seed-user-', 'user-'],
    ['virtual_keys', 'user_id', 'seed-user-', 'user-'],
    ['spend_words', 'word', 'seed key ', 'Service '],
    ['virtual_keys', 'key_alias', 'seed key ', 'Service '],
    ['spend_words', 'word', 'seed-team-', 'Team '],
    ['virtual_keys', 'team_id', 'seed-team-', 'Team '],
  ]) {
    await database.query(`UPDATE ${table} SET ${column} = replace(${column}, $1, $2)`, [from, to]);
  }
  await database.query(`UPDATE virtual_keys SET key_alias = regexp_replace(key_alias, ' [0-9a-f]{8}$', '')`);
  await database.query(
    `UPDATE virtual_keys SET max_budget_usd = spent_pico_usd * 1.1 / 1e12, budget_duration = NULL
     FROM spend_totals WHERE scope = 'key:' || hash AND window_start = '-infinity' AND key_alias = 'LibreChat'`,
  );
  return realCalls(gateway);
}

/** One of each that has a page of its own. */
async function addOwners(gateway: Gateway): Promise<void> {
  const ask = async (path: string, body: object): Promise<void> => {
    const answer = await gateway.ask(path, { body });
    if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${answer.text}`);
  };
  await ask('/budget/new', { budget_id: 'guests', max_budget: 2, budget_duration: '1mo', rpm_limit: 20 });
  await ask('/user/new', {
    user_id: 'kitchen-display',
    user_alias: 'Kitchen display',
    user_email: 'kitchen@example.org',
    max_budget: 10,
    soft_budget: 8,
    budget_duration: '1mo',
    rpm_limit: 1,
    models: ['gpt-4', 'gpt-4o-mini'],
    metadata: { room: 'kitchen', tags: ['home'] },
    auto_create_key: false,
  });
  await ask('/team/new', {
    team_id: 'household',
    team_alias: 'Household',
    max_budget: 25,
    budget_duration: '1mo',
    tpm_limit: 100_000,
    team_member_budget: 5,
    members_with_roles: [
      { role: 'admin', user_id: 'kitchen-display' },
      { role: 'user', user_id: 'user-1' },
    ],
  });
  await ask('/customer/new', { user_id: 'customer-7', alias: 'Guest room', budget_id: 'guests' });
}

async function realCalls(gateway: Gateway): Promise<Demo> {
  await addOwners(gateway);
  const key = await gateway.key({
    user_id: 'kitchen-display',
    team_id: 'household',
    key_alias: 'Home assistant',
    models: ['gpt-4', 'gpt-4o-mini', 'vision'],
    max_budget: 0.5,
    budget_duration: '30d',
    rpm_limit: 600,
    metadata: { purpose: 'demo' },
    tags: ['home'],
  });
  const ask = (model: string, body: object = {}) => gateway.chat({ model, stream: true, ...body }, { key });
  const [first] = await Promise.all([
    ask('gpt-4'),
    ask('gpt-4o-mini', { user: 'customer-7', metadata: { tags: ['kitchen'] } }),
    gateway.chat({ model: 'gemma' }),
    gateway.ask('/v1/embeddings', { body: { model: 'embeddings', input: 'Where is the manual?' } }),
    gateway.ask('/v1/audio/speech', { body: { model: 'tts-1', input: 'Good morning.', voice: 'alloy' } }),
    gateway.chat({ model: 'gpt-oss' }, { key }),
  ]);
  const dead = await ask('vision', { stream: false });
  const [answered, failed] = [first, dead].map(({ headers }) => headers['x-litellm-call-id'] ?? '');
  await gateway.row(answered ?? '');
  await gateway.row(failed ?? '');
  return {
    key,
    keyHash: createHash('sha256').update(key).digest('hex'),
    answered: answered ?? '',
    failed: failed ?? '',
  };
}

/** Every page of an administrator that can be opened by its address, with a name for its picture. */
export function pagesOf({
  keyHash,
  answered,
  failed,
}: Demo): readonly (readonly [name: string, path: string])[] {
  return [
    ['overview', '/ui'],
    ['logs', '/ui/logs'],
    ['logs-none', '/ui/logs?model=no-such-model'],
    ['call', `/ui/logs/${answered}`],
    ['call-failed', `/ui/logs/${failed}`],
    ['usage', '/ui/usage'],
    ['usage-by-key', '/ui/usage?by=key'],
    ['playground', '/ui/playground?model=gpt-4&model=gemma'],
    ['playground-speech', '/ui/playground/speech'],
    ['playground-transcription', '/ui/playground/transcription'],
    ['keys', '/ui/keys'],
    ['key-new', '/ui/keys/new'],
    ['key', `/ui/keys/${keyHash}`],
    ['key-edit', `/ui/keys/${keyHash}/edit`],
    ['key-rotate', `/ui/keys/${keyHash}/rotate`],
    ['key-delete', `/ui/keys/${keyHash}/delete`],
    ['users', '/ui/users'],
    ['user', '/ui/users/kitchen-display'],
    ['user-edit', '/ui/users/kitchen-display/edit'],
    ['teams', '/ui/teams'],
    ['team', '/ui/teams/household'],
    ['team-new', '/ui/teams/new'],
    ['customers', '/ui/customers'],
    ['customer', '/ui/customers/customer-7'],
    ['customer-new', '/ui/customers/new'],
    ['budgets', '/ui/budgets'],
    ['budget', '/ui/budgets/guests'],
    ['budget-new', '/ui/budgets/new'],
    ['models', '/ui/models'],
    ['model', '/ui/models/name/gpt-4'],
    ['model-new', '/ui/models/new'],
    ['audit', '/ui/audit'],
    ['settings', '/ui/settings'],
    ['docs', '/docs'],
    ['docs-operation', '/docs/post_key_generate'],
    ['style', '/ui/style'],
    ['missing', '/ui/no-such-page'],
  ];
}
