import { type TestDatabase } from '@testing/database';

/** LiteLLM's tables, as far as they are read. Some columns of newer versions are left out: not every version has them. */
const TABLES = `
CREATE TABLE "LiteLLM_BudgetTable" (budget_id text PRIMARY KEY, max_budget float8, soft_budget float8,
  max_parallel_requests int4, tpm_limit int8, rpm_limit int8, model_max_budget jsonb, budget_duration text,
  budget_reset_at timestamp(3), created_at timestamp(3) NOT NULL DEFAULT now(), created_by text NOT NULL DEFAULT 'admin',
  updated_at timestamp(3) NOT NULL DEFAULT now(), updated_by text NOT NULL DEFAULT 'admin');
CREATE TABLE "LiteLLM_OrganizationTable" (organization_id text PRIMARY KEY, organization_alias text NOT NULL,
  budget_id text NOT NULL, metadata jsonb NOT NULL DEFAULT '{}', models text[] NOT NULL DEFAULT '{}',
  spend float8 NOT NULL DEFAULT 0, model_spend jsonb NOT NULL DEFAULT '{}', created_at timestamp(3) NOT NULL DEFAULT now(),
  created_by text NOT NULL DEFAULT 'admin', updated_at timestamp(3) NOT NULL DEFAULT now());
CREATE TABLE "LiteLLM_OrganizationMembership" (user_id text, organization_id text, user_role text,
  spend float8 DEFAULT 0, budget_id text, PRIMARY KEY (user_id, organization_id));
CREATE TABLE "LiteLLM_UserTable" (user_id text PRIMARY KEY, user_alias text, team_id text, sso_user_id text UNIQUE,
  organization_id text, password text, user_role text, user_email text, teams text[] NOT NULL DEFAULT '{}',
  max_budget float8, spend float8 NOT NULL DEFAULT 0, models text[] NOT NULL DEFAULT '{}', metadata jsonb NOT NULL DEFAULT '{}',
  max_parallel_requests int4, tpm_limit int8, rpm_limit int8, budget_duration text, budget_reset_at timestamp(3),
  model_max_budget jsonb NOT NULL DEFAULT '{}', created_at timestamp(3), updated_at timestamp(3));
CREATE TABLE "LiteLLM_ModelTable" (id int4 PRIMARY KEY, aliases jsonb, created_by text, updated_by text);
CREATE TABLE "LiteLLM_TeamTable" (team_id text PRIMARY KEY, team_alias text, organization_id text, admins text[] NOT NULL DEFAULT '{}',
  members text[] NOT NULL DEFAULT '{}', members_with_roles jsonb NOT NULL DEFAULT '{}', metadata jsonb NOT NULL DEFAULT '{}',
  max_budget float8, spend float8 NOT NULL DEFAULT 0, models text[] NOT NULL DEFAULT '{}', max_parallel_requests int4,
  tpm_limit int8, rpm_limit int8, budget_duration text, budget_reset_at timestamp(3), blocked bool NOT NULL DEFAULT false,
  created_at timestamp(3) NOT NULL DEFAULT now(), updated_at timestamp(3) NOT NULL DEFAULT now(), model_id int4,
  team_member_permissions text[] NOT NULL DEFAULT '{}');
CREATE TABLE "LiteLLM_TeamMembership" (user_id text, team_id text, spend float8 NOT NULL DEFAULT 0, budget_id text,
  PRIMARY KEY (user_id, team_id));
CREATE TABLE "LiteLLM_VerificationToken" (token text PRIMARY KEY, key_name text, key_alias text, spend float8 NOT NULL DEFAULT 0,
  expires timestamp(3), models text[], aliases jsonb NOT NULL DEFAULT '{}', config jsonb NOT NULL DEFAULT '{}', user_id text, team_id text,
  permissions jsonb NOT NULL DEFAULT '{}', max_parallel_requests int4, metadata jsonb NOT NULL DEFAULT '{}', blocked bool,
  tpm_limit int8, rpm_limit int8, max_budget float8, budget_duration text, budget_reset_at timestamp(3),
  allowed_routes text[] DEFAULT '{}', model_max_budget jsonb NOT NULL DEFAULT '{}', budget_id text, organization_id text,
  created_at timestamp(3) DEFAULT now(), updated_at timestamp(3), created_by text, updated_by text,
  rotation_count int4, auto_rotate bool, rotation_interval text, last_rotation_at timestamp(3), key_rotation_at timestamp(3));
CREATE TABLE "LiteLLM_DeprecatedVerificationToken" (id text PRIMARY KEY, token text UNIQUE, active_token_id text, revoke_at timestamp(3));
CREATE TABLE "LiteLLM_EndUserTable" (user_id text PRIMARY KEY, alias text, spend float8 NOT NULL DEFAULT 0, allowed_model_region text,
  default_model text, budget_id text, blocked bool NOT NULL DEFAULT false);
CREATE TABLE "LiteLLM_ProxyModelTable" (model_id text PRIMARY KEY, model_name text NOT NULL, litellm_params jsonb NOT NULL,
  model_info jsonb, created_at timestamp(3) NOT NULL DEFAULT now(), created_by text NOT NULL DEFAULT 'admin');
CREATE TABLE "LiteLLM_CredentialsTable" (credential_id text PRIMARY KEY, credential_name text UNIQUE, credential_values jsonb, credential_info jsonb);
CREATE TABLE "LiteLLM_SearchToolsTable" (search_tool_id text PRIMARY KEY, search_tool_name text UNIQUE, litellm_params jsonb);
CREATE TABLE "LiteLLM_TagTable" (tag_name text PRIMARY KEY, models text[] NOT NULL DEFAULT '{}', spend float8 DEFAULT 0, budget_id text);
CREATE TABLE "LiteLLM_Config" (param_name text PRIMARY KEY, param_value jsonb);
CREATE TABLE "LiteLLM_SpendLogs" (request_id text PRIMARY KEY, call_type text NOT NULL, api_key text NOT NULL DEFAULT '',
  spend float8 NOT NULL DEFAULT 0, total_tokens int4 NOT NULL DEFAULT 0, prompt_tokens int4 NOT NULL DEFAULT 0,
  completion_tokens int4 NOT NULL DEFAULT 0, "startTime" timestamp(3) NOT NULL, "endTime" timestamp(3) NOT NULL,
  "completionStartTime" timestamp(3), model text NOT NULL DEFAULT '', model_id text DEFAULT '', model_group text DEFAULT '',
  custom_llm_provider text DEFAULT '', api_base text DEFAULT '', "user" text DEFAULT '', metadata jsonb DEFAULT '{}',
  cache_hit text DEFAULT '', request_tags jsonb DEFAULT '[]', team_id text, end_user text, requester_ip_address text,
  messages jsonb DEFAULT '{}', status text);
CREATE INDEX ON "LiteLLM_SpendLogs" ("startTime")`;

/** The salt that the sealed values of {@link MODELS} were encrypted with, by another implementation of `secretbox`. */
export const LITELLM_SALT = 'salt-of-litellm';

const MODELS = `INSERT INTO "LiteLLM_ProxyModelTable" (model_id, model_name, litellm_params, model_info) VALUES
  ('m-1', 'house-model', '{"model": "MDc-RUxTWmFob3Z9hIuSmaCnrrW8w8rRm4p2rZtcYzhPneLJJgpCjMnRt9bP99tRuWUnIdmE-r7kpbyc",
     "api_base": "VVxjanF4f4aNlJuiqbC3vsXM09rh6O_2Tx9OVPuCQEZwlOhTNZ_qVINTwycfSbdf6nMhL3nhdV3axMalSQ==",
     "api_key": "eoGIj5adpKuyucDHztXc4+rx+P8GDRQb0MtVkug1H8XlXvOBR+cq9QPnLgUC2Xj0zV5rzSQkkvu3jQ==", "rpm": 60}',
   '{"id": "m-1", "db_model": true}'),
  ('m-2', 'reference', '{"model": "openai/plain", "api_base": "http://127.0.0.1:1/v1",
     "api_key": "n6attLvCydDX3uXs8_oBCA8WHSQrMjlAjTzwTJ9BUBYQ8jWR6tQAICLKFAQs6g7fEhRZUITwyCwSNm3Bol0="}', NULL),
  ('m-3', 'foreign', '{"model": "xMvS2eDn7vX8AwoRGB8mLTQ7QklQV15lHuNRlRi5JM4aiF0UCysyYfRoYSRI4a4C5I0KtQ=="}', '{}');
INSERT INTO "LiteLLM_SearchToolsTable" VALUES ('s-1', 'web', '{"search_provider": "searxng", "api_base": "http://searxng:8080"}');
INSERT INTO "LiteLLM_Config" VALUES ('environment_variables', '{"OPENAI_API_KEY": "sealed"}');
INSERT INTO "LiteLLM_TagTable" VALUES ('cheap', '{}', 0, 'b-day')`;

/** Windows end with the month, so that the spend of one lies in one on every day of the year. */
const MONTH = `date_trunc('month', now() AT TIME ZONE 'UTC')`;

const PEOPLE = `
INSERT INTO "LiteLLM_BudgetTable" (budget_id, max_budget, soft_budget, budget_duration, budget_reset_at, model_max_budget)
  VALUES ('b-day', 10, 5, '1d', (now() AT TIME ZONE 'UTC') + interval '6 hours', NULL), ('b-bare', NULL, NULL, NULL, NULL, NULL),
    ('b-odd', 1, NULL, 'fortnight', NULL, NULL);
INSERT INTO "LiteLLM_OrganizationTable" (organization_id, organization_alias, budget_id) VALUES ('o-1', 'Research', 'b-day'),
  ('o-lost', 'Lost', 'b-none');
INSERT INTO "LiteLLM_OrganizationMembership" (user_id, organization_id, user_role) VALUES ('alice', 'o-1', 'org_admin');
INSERT INTO "LiteLLM_UserTable" (user_id, user_email, user_role, max_budget, spend, sso_user_id) VALUES
  ('alice', 'alice@example.com', 'internal_user', 20, 1.5, 'sso-1'), ('bob', 'Alice@Example.com', 'org_admin', NULL, 0, NULL),
  ('carol', NULL, NULL, NULL, 0, NULL), ('litellm-proxy-budget', NULL, NULL, 500, 99, NULL);
INSERT INTO "LiteLLM_ModelTable" VALUES (1, '{"gpt-4": "house-model"}');
INSERT INTO "LiteLLM_TeamTable" (team_id, team_alias, organization_id, members_with_roles, metadata, max_budget, spend,
  budget_duration, budget_reset_at, model_id) VALUES
  ('t-1', 'Readers', 'o-1', '[{"role": "admin", "user_id": "alice"}, {"role": "user", "user_id": "ghost"},
     {"role": "user", "user_email": "nobody@example.com"}]', '{"team_member_budget_id": "b-day", "model_tpm_limit": {"gpt-4": 900}}',
   100, 0.75, '30d', ${MONTH} + interval '1 month', 1),
  ('t-bare', NULL, NULL, '{}', '{}', NULL, 0, NULL, NULL, NULL);
INSERT INTO "LiteLLM_TeamMembership" VALUES ('alice', 't-1', 0.5, 'b-day');
INSERT INTO "LiteLLM_EndUserTable" (user_id, spend, budget_id, blocked) VALUES ('c-1', 3, NULL, false), ('c-blocked', 0, 'b-bare', true)`;

/** Credentials that clients of LiteLLM hold; the database knows their hashes. */
export const OLD_CLIENT = 'sk-client-of-litellm-0001';
export const REPLACED_CLIENT = 'sk-client-of-litellm-0000';
export const BLOCKED_CLIENT = 'sk-client-of-litellm-0003';
const hash = (credential: string): string => `encode(sha256('${credential}'), 'hex')`;

const KEYS = `
INSERT INTO "LiteLLM_VerificationToken" (token, key_name, key_alias, user_id, team_id, spend, max_budget, rpm_limit, models, metadata, expires, blocked)
  VALUES (${hash(OLD_CLIENT)}, 'sk-...0001', 'reader', 'alice', 't-1', 1.25, 2, 60, '{house-model}',
      '{"model_rpm_limit": {"gpt-4": 5}, "tags": ["night"], "guardrails": ["pii"]}', now() + interval '90 days', NULL),
    (${hash(BLOCKED_CLIENT)}, NULL, 'reader', NULL, NULL, 0, NULL, NULL, NULL, '{}', NULL, true),
    (${hash('sk-ui')}, NULL, NULL, 'alice', 'litellm-dashboard', 0, NULL, NULL, '{}', '{}', NULL, NULL),
    ('not-a-hash', NULL, NULL, NULL, NULL, 0, NULL, NULL, '{}', '{}', NULL, NULL);
INSERT INTO "LiteLLM_DeprecatedVerificationToken" VALUES ('d-1', ${hash(REPLACED_CLIENT)}, ${hash(OLD_CLIENT)}, now() + interval '1 day')`;

const CALLS = `
INSERT INTO "LiteLLM_SpendLogs" (request_id, call_type, api_key, spend, prompt_tokens, completion_tokens, "startTime", "endTime",
  model, model_group, "user", team_id, end_user, request_tags, metadata, status) VALUES
  ('chatcmpl-old', 'acompletion', ${hash(OLD_CLIENT)}, 0.5, 1000, 200, now() - interval '500 days', now() - interval '500 days' + interval '2 s',
    'qwen3-30b-a3b', 'house-model', 'alice', 't-1', NULL, '["night"]', '{"user_api_key_alias": "reader"}', 'success'),
  ('chatcmpl-new', 'acompletion', ${hash(OLD_CLIENT)}, 0.25, 500, 100, ${MONTH} + interval '1 ms', ${MONTH} + interval '900 ms',
    'qwen3-30b-a3b', 'house-model', 'alice', 't-1', 'c-1', '[]', '{}', 'success'),
  ('failed-call', 'acompletion', '', 0, 0, 0, ${MONTH} + interval '1 ms', ${MONTH} + interval '2 ms',
    '', '', '', NULL, '', NULL, '{"error_information": {"error_code": "429", "error_class": "RateLimitError", "error_message": "slow down"}}', 'failure')`;

/** Makes LiteLLM's tables in a database and fills them with a household of oddities. */
export async function aLiteLLMDatabase(database: TestDatabase): Promise<void> {
  for (const statements of [TABLES, PEOPLE, MODELS, KEYS, CALLS]) await database.query(statements);
}
