import { isJsonObject, type JsonObject, type JsonValue, usdText } from '@app/call';
import { asList, jsonOf } from './collection-values.js';
import { asBudget, asCount, asDurationText, asName, asOneOf } from './scalar-values.js';
import { type Parse, Section } from './section.js';

/** An amount as a request would have it: decimal text. */
const asAmount: Parse<string> = (node, findings) => {
  const picoUsd = asBudget(node, findings);
  return picoUsd === null ? null : usdText(picoUsd);
};

const asObject: Parse<JsonObject> = (node, findings) => {
  const value = jsonOf(node, findings);
  if (isJsonObject(value)) return value;
  return findings.problem(node, 'Settings belong here.', 'Indent `name: value` lines below it.');
};

/** What a key may be kept below; durations are compared by their length. */
const BOUNDS: Readonly<Record<string, Parse<JsonValue>>> = {
  max_budget: asAmount,
  budget_duration: asDurationText,
  max_parallel_requests: asCount,
  tpm_limit: asCount,
  rpm_limit: asCount,
  duration: asDurationText,
};

/** What a key may begin with. */
const DEFAULTS: Readonly<Record<string, Parse<JsonValue>>> = {
  ...BOUNDS,
  soft_budget: asAmount,
  models: asList(asName),
  tags: asList(asName),
  metadata: asObject,
  team_id: asName,
  allowed_routes: asList(asName),
  key_type: asOneOf(['default', 'llm_api', 'management', 'read_only'] as const),
};

/** `default_key_generate_params`, by the names and in the values of `POST /key/generate`. */
export const readKeyDefaults = (section: Section): JsonObject =>
  read(section, 'default_key_generate_params', DEFAULTS);

/** `upperbound_key_generate_params`, likewise. */
export const readKeyBounds = (section: Section): JsonObject =>
  read(section, 'upperbound_key_generate_params', BOUNDS);

const OWNER_LIMITS: Readonly<Record<string, Parse<JsonValue>>> = {
  max_budget: asAmount,
  budget_duration: asDurationText,
  tpm_limit: asCount,
  rpm_limit: asCount,
  models: asList(asName),
};

/** `default_team_params`, by the names and in the values of `POST /team/new`. */
export const readTeamDefaults = (section: Section): JsonObject =>
  read(section, 'default_team_params', {
    ...OWNER_LIMITS,
    soft_budget: asAmount,
    team_member_permissions: asList(asName),
  });

/** `default_internal_user_params`, by the names and in the values of `POST /user/new`. */
export const readUserDefaults = (section: Section): JsonObject =>
  read(section, 'default_internal_user_params', {
    ...OWNER_LIMITS,
    user_role: asOneOf(['internal_user', 'internal_user_viewer'] as const),
  });

function read(section: Section, name: string, known: Readonly<Record<string, Parse<JsonValue>>>): JsonObject {
  const parameters = Section.of(section.entry(name), section.node, section.findings);
  const found: JsonObject = {};
  for (const [field, parse] of Object.entries(known)) {
    const value = parameters.read(field, parse);
    if (value !== null) found[field] = value;
  }
  parameters.finish(name);
  return found;
}
