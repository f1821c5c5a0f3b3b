import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type JsonObject, Secret } from '@app/call';
import { CredentialSeal } from '@app/routing';
import { reconcile } from '@app/spend';
import { aTestDatabase, type TestDatabase } from '@testing/database';
import { aKeysServer, type KeysServer } from '@testing/keys';
import { type ImportReport, type ReportItem } from './report.js';
import { runImport } from './run-import.js';
import { aLiteLLMDatabase, BLOCKED_CLIENT, LITELLM_SALT, OLD_CLIENT, REPLACED_CLIENT } from './testing.js';

const CONFIG = `
general_settings:
  store_model_in_db: true
  alerting: [slack]
model_list:
  - model_name: house
    litellm_params: {model: openai/house, api_base: "http://127.0.0.1:1/v1"}
`;
const OUR_SALT = 'the-salt-of-this-gateway-is-long';

let database: TestDatabase;
let server: KeysServer;
let folder: string;
let dry: ImportReport;
let first: ImportReport;
let second: ImportReport;

const run = (apply: boolean): Promise<ImportReport> =>
  runImport({
    database: database.url,
    configPath: join(folder, 'config.yaml'),
    saltKeyEnv: 'OLD_SALT',
    apply,
    env: {
      LITELLM_MASTER_KEY: 'sk-master-of-the-import-spec-0001',
      LITELLM_SALT_KEY: OUR_SALT,
      OLD_SALT: LITELLM_SALT,
      BACKEND_KEY: 'sk-backend',
      DATA_DIR: folder,
    },
  });
const one = async (sql: string): Promise<Record<string, unknown> | undefined> =>
  (await database.query<Record<string, unknown>>(sql))[0];
const counts = ({ kinds }: ImportReport): Record<string, number[]> =>
  Object.fromEntries(
    kinds.map(({ kind, found, created, changed, unchanged }) => [kind, [found, created, changed, unchanged]]),
  );
const items = ({ kinds }: ImportReport, kind: string): readonly ReportItem[] =>
  kinds.find((each) => each.kind === kind)?.items ?? [];
const knock = async (key: string): Promise<number> =>
  (await server.send('GET /probe/inference', { key })).status;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gateway-import-'));
  writeFileSync(join(folder, 'config.yaml'), CONFIG);
  database = await aTestDatabase();
  await aLiteLLMDatabase(database);
  server = await aKeysServer(database.url);
  await knock(OLD_CLIENT);
  dry = await run(false);
  const [{ keys } = { keys: -1 }] = await database.query<{ keys: number }>(
    'SELECT count(*)::int AS keys FROM virtual_keys',
  );
  expect(keys).toBe(0);
  first = await run(true);
  second = await run(true);
}, 60_000);
afterAll(async () => {
  await server.close();
  await database.drop();
  rmSync(folder, { recursive: true, force: true });
});

describe('moving in from LiteLLM', () => {
  test('a dry run writes nothing and tells what a run then does', () => {
    expect(dry.applied).toBe(false);
    expect(counts(dry)).toEqual(counts(first));
    expect(dry.kinds.map((kind) => kind.items)).toEqual(first.kinds.map((kind) => kind.items));
  });

  test('a second run changes nothing', () => {
    expect(second).toMatchObject({ applied: true, created: 0, changed: 0 });
    expect(counts(second)).toMatchObject({
      keys: [4, 0, 0, 2],
      users: [5, 0, 0, 4],
      'spend history': [3, 0, 0, 3],
    });
  });

  test('clients go on with the credentials that they have, at a gateway that runs', async () => {
    expect(await knock(OLD_CLIENT)).toBe(200);
    expect(await knock(REPLACED_CLIENT)).toBe(200);
    expect(await knock(BLOCKED_CLIENT)).toBe(401);
    expect(await knock('sk-ui')).toBe(401);
  });

  test('a key keeps its limits, and those that LiteLLM keeps in its metadata are limits here', async () => {
    const { body } = await server.send<{ info: JsonObject }>(`GET /key/info?key=${OLD_CLIENT}`);
    expect(body.info).toMatchObject({
      key_alias: 'reader',
      user_id: 'alice',
      team_id: 't-1',
      spend: 1.25,
      max_budget: 2,
      rpm_limit: 60,
      models: ['house-model'],
      metadata: { tags: ['night'], model_rpm_limit: { 'gpt-4': 5 } },
    });
  });

  test('what is spent stays spent: of keys, users, customers, and of the window that runs for a team', async () => {
    const rows =
      await database.query(`SELECT left(scope, 12) AS scope, spent_pico_usd::text AS spent FROM spend_totals
      WHERE window_start = '-infinity' AND spent_pico_usd > 0 AND scope <> 'key:' ORDER BY scope COLLATE "C"`);
    expect(rows).toEqual([
      { scope: 'end_user:c-1', spent: '3000000000000' },
      { scope: expect.stringMatching(/^key:/), spent: '1250000000000' },
      { scope: 'team:t-1', spent: '1250000000000' },
      { scope: 'user:alice', spent: '1500000000000' },
    ]);
    expect(
      await one(`SELECT sum(spent_pico_usd)::text AS spent FROM spend_totals
        WHERE scope = 'team:t-1' AND window_start >= date_trunc('month', now(), 'UTC')`),
    ).toEqual({ spent: '750000000000' });
  });

  test('what members of a team have spent of their own budgets stays spent', async () => {
    expect(
      await database.query(
        `SELECT scope, spent::text, ends_at - starts_at = interval '1 day' AS is_day FROM limit_accounts`,
      ),
    ).toEqual([{ scope: 'team_member:t-1:alice', spent: '500000000000', is_day: true }]);
  });

  test('leaves books that agree, rows of five hundred days ago included', async () => {
    expect(await reconcile(database.url, null)).toMatchObject({ unexplained: '0', differences: 0 });
    expect(await one(`SELECT min(started_at) < now() - interval '499 days' AS old FROM spend_logs`)).toEqual({
      old: true,
    });
  });

  test('a failed call keeps its reason', async () => {
    expect(
      await one(`SELECT status, error_type, error_message FROM spend_logs WHERE call_id = 'failed-call'`),
    ).toEqual({ status: 429, error_type: 'RateLimitError', error_message: 'slow down' });
  });

  test('teams keep members, roles, aliases and what each member may spend', async () => {
    expect(
      await one(`SELECT organization_id, model_aliases, model_tpm_limit, member_budget_usd::float8 AS member FROM teams
      WHERE team_id = 't-1'`),
    ).toEqual({
      organization_id: 'o-1',
      model_aliases: { 'gpt-4': 'house-model' },
      model_tpm_limit: { 'gpt-4': 900 },
      member: 10,
    });
    expect(
      await database.query('SELECT user_id, role, budget_id FROM team_members ORDER BY user_id'),
    ).toEqual([
      { user_id: 'alice', role: 'admin', budget_id: 'b-day' },
      { user_id: 'ghost', role: 'user', budget_id: null },
    ]);
    expect(items(first, 'team members')).toMatchObject([
      { item: 'nobody@example.com in t-1', verdict: 'not supported' },
    ]);
  });

  test('models are encrypted anew, and references stay references', async () => {
    const rows = await database.query<{ id: string; params: JsonObject }>(
      'SELECT id, litellm_params AS params FROM models ORDER BY id',
    );
    const seal = new CredentialSeal(new Secret(OUR_SALT));
    expect(rows.map(({ id, params }) => seal.open(id, params))).toEqual([
      {
        model: 'openai/qwen3-30b-a3b',
        api_base: 'http://127.0.0.1:1/v1',
        api_key: 'sk-upstream-secret',
        rpm: 60,
      },
      { model: 'openai/plain', api_base: 'http://127.0.0.1:1/v1', api_key: 'os.environ/BACKEND_KEY' },
    ]);
    expect(JSON.stringify(rows)).not.toContain('sk-upstream-secret');
    expect(items(first, 'models')).toMatchObject([
      { item: 'foreign (m-3)', verdict: 'not supported', why: expect.stringContaining('another salt key') },
    ]);
  });

  test('tells of everything that is not exact, by name and with the reason', () => {
    const told = first.kinds.flatMap((kind) =>
      kind.items.map(({ kind: of, item, why }) => `${of} | ${item} | ${why}`),
    );
    for (const pattern of [
      /^config.yaml \| .*general_settings.alerting \|/,
      /^budgets \| b-odd \| its budget does not begin anew/,
      /^organizations \| Lost \| its budget 'b-none'/,
      /^users \| Alice@Example.com \| its user_email belongs to another/,
      /^users \| litellm-proxy-budget \| .*max_budget/,
      /^keys \| reader .*`guardrails` restrict/,
      /^keys \| reader .*key_alias belongs to another/,
      /^keys \| \(without a hash\) \| its token is no SHA-256/,
      /^search tools \| web \| .*search_provider: searxng, api_base: http:..searxng:8080/,
      /^stored settings \| environment_variables \| .*OPENAI_API_KEY$/,
      /^tags \| cheap \|/,
    ]) {
      expect(told).toContainEqual(expect.stringMatching(pattern));
    }
    expect(told.join()).not.toContain(OLD_CLIENT);
  });

  test('notes one entry of the audit log for each kind, and none for a run that changed nothing', async () => {
    const rows = await database.query(`SELECT action, after_json->>'created' AS created FROM audit_log
      WHERE entity = 'import' AND action IN ('key.imported', 'team.imported') ORDER BY id`);
    expect(rows).toEqual([
      { action: 'team.imported', created: '2' },
      { action: 'key.imported', created: '2' },
    ]);
  });

  test('what was changed or deleted here since stays as it is', async () => {
    await server.send('POST /key/update', { body: { key: OLD_CLIENT, max_budget: 7 } });
    const { body } = await server.send<{ keys: JsonObject[] }>('GET /key/list?return_full_object=true');
    const other = body.keys.find(({ key_alias: alias }) => alias !== 'reader');
    await server.send('POST /key/delete', { body: { keys: [other?.['token']] } });
    const third = await run(true);
    expect(counts(third)).toMatchObject({ keys: [4, 0, 0, 0] });
    expect(items(third, 'keys').map(({ why }) => why)).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^it was changed here/),
        expect.stringMatching(/^it was deleted/),
      ]),
    );
    expect(
      await one(`SELECT count(*)::int AS keys, max(max_budget_usd)::float8 AS budget FROM virtual_keys`),
    ).toEqual({
      keys: 1,
      budget: 7,
    });
  });
});
