import { durationFrom, isJsonObject, type JsonObject } from '@app/call';
import { permissionNotes } from './map-directory.js';
import { amountIn, countIn, limitsFrom, withoutLimits } from './map-limits.js';
import { authorshipOf, type Mapped, spendIn } from './mapped.js';
import { approximate, type Note } from './report.js';
import {
  flagIn,
  listIn,
  objectIn,
  saysSomething,
  type SourceRow,
  textIn,
  textMapIn,
  textsIn,
} from './source-row.js';

export interface TeamContext {
  readonly now: Date;
  readonly organizationIds: ReadonlySet<string>;
  /** Rows of LiteLLM_ModelTable, by their number. */
  readonly modelTables: ReadonlyMap<number, SourceRow>;
  /** Rows of LiteLLM_BudgetTable, by id. */
  readonly budgets: ReadonlyMap<string, SourceRow>;
}

/** Kept by LiteLLM in the metadata, and columns of their own here. */
const MEMBER_FIELDS = new Set(['team_member_budget_id', 'team_member_key_duration']);

export function mapTeam(row: SourceRow, context: TeamContext): Mapped {
  const id = textIn(row, 'team_id') ?? '';
  const limits = limitsFrom(row, 'calendar', context.now);
  const metadata = objectIn(row, 'metadata');
  const organizationId = textIn(row, 'organization_id');
  const isKnown = organizationId !== null && context.organizationIds.has(organizationId);
  const aliases = context.modelTables.get(Number(row['model_id']));
  const kept = Object.entries(withoutLimits(metadata)).filter(([name]) => !MEMBER_FIELDS.has(name));
  return {
    name: textIn(row, 'team_alias') ?? id,
    row: {
      team_id: id,
      team_alias: textIn(row, 'team_alias'),
      organization_id: isKnown ? organizationId : null,
      models: textsIn(row, 'models'),
      model_aliases: aliases
        ? textMapIn(aliases, 'model_aliases' in aliases ? 'model_aliases' : 'aliases')
        : {},
      metadata: Object.fromEntries(kept),
      blocked: flagIn(row, 'blocked'),
      member_permissions: textsIn(row, 'team_member_permissions'),
      ...memberLimits(metadata, context),
      ...limits.columns,
      ...authorshipOf(row),
    },
    notes: [...limits.notes, ...notesOf(row, isKnown)],
    spent: { kind: 'team', name: id, picoUsd: spendIn(row), window: limits.window },
  };
}

/** LiteLLM keeps what each member gets as a budget, whose id stands in the team's metadata. */
function memberLimits(metadata: JsonObject, { budgets }: TeamContext): JsonObject {
  const budget = budgets.get(textIn(metadata, 'team_member_budget_id') ?? '') ?? {};
  return {
    member_budget_usd: amountIn(budget, 'max_budget'),
    member_budget_duration: durationIn(budget, 'budget_duration'),
    member_rpm_limit: countIn(budget, 'rpm_limit'),
    member_tpm_limit: countIn(budget, 'tpm_limit'),
    member_key_duration: durationIn(metadata, 'team_member_key_duration'),
  };
}

function durationIn(row: SourceRow, name: string): string | null {
  const text = textIn(row, name);
  return text !== null && (durationFrom(text)?.count ?? 0) > 0 ? text : null;
}

function notesOf(row: SourceRow, hasOrganization: boolean): Note[] {
  const organizationId = textIn(row, 'organization_id');
  const metadata = objectIn(row, 'metadata');
  const whys = [
    organizationId !== null && !hasOrganization && `its organization ${organizationId} does not exist`,
    saysSomething(row['router_settings']) && '`router_settings` have no effect',
    saysSomething(row['access_group_ids']) &&
      '`access_group_ids` have no effect; name the models in `models`',
    saysSomething(row['policies']) && '`policies` restrict nothing here',
    saysSomething(metadata['guardrails']) && '`guardrails` restrict nothing here',
    saysSomething(metadata['logging']) && 'callbacks of a single team have no effect',
  ].filter((why) => why !== false);
  return [...whys.map(approximate), ...permissionNotes(row)];
}

/** Somebody who is in a team. */
export interface Member {
  readonly userId: string | null;
  readonly email: string | null;
  readonly role: 'admin' | 'user';
}

/** Whoever is named in any of the three ways in which LiteLLM has kept members. */
export function membersOf(team: SourceRow): Member[] {
  const admins = textsIn(team, 'admins');
  const listed = listIn(team, 'members_with_roles')
    .filter(isJsonObject)
    .map((member): Member => ({
      userId: textIn(member, 'user_id'),
      email: textIn(member, 'user_email'),
      role: textIn(member, 'role') === 'admin' ? 'admin' : 'user',
    }));
  const others = [...admins, ...textsIn(team, 'members')].map((userId): Member => ({
    userId,
    email: null,
    role: admins.includes(userId) ? 'admin' : 'user',
  }));
  return [...listed, ...others];
}
