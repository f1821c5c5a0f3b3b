import { type JsonObject } from '@app/call';
import { limitsFrom, type SpendWindow, WHOLE_HISTORY, withoutLimits } from './map-limits.js';
import { authorshipOf, type Mapped, spendIn } from './mapped.js';
import { approximate, type Note, notSupported } from './report.js';
import { flagIn, objectIn, saysSomething, type SourceRow, textIn, textsIn } from './source-row.js';

/** The row that LiteLLM keeps the spend of everybody in. */
const GLOBAL_ROWS = new Set(['litellm-proxy-budget', 'default_user_id']);
const ROLES = new Set(['proxy_admin', 'proxy_admin_viewer', 'internal_user', 'internal_user_viewer']);
const NO_ROLES: Readonly<Record<string, string>> = {
  org_admin: 'the role org_admin counts as internal_user; organization members keep it as theirs',
  team: 'the role team counts as internal_user',
  customer: 'the role customer counts as internal_user',
};

export function mapBudget(row: SourceRow, now: Date): Mapped & { readonly window: SpendWindow } {
  const id = textIn(row, 'budget_id') ?? '';
  const { columns, window, notes } = limitsFrom(row, 'own', now);
  return {
    name: id,
    row: { budget_id: id, made_for: null, ...columns, ...authorshipOf(row) },
    notes,
    window,
  };
}

/** @param budgetIds those that exist: an organization needs one */
export function mapOrganization(row: SourceRow, budgetIds: ReadonlySet<string>): Mapped {
  const id = textIn(row, 'organization_id') ?? '';
  const budgetId = textIn(row, 'budget_id') ?? '';
  const alias = textIn(row, 'organization_alias') ?? id;
  const notes = permissionNotes(row);
  if (!budgetIds.has(budgetId)) {
    return { name: alias, row: null, notes: [notSupported(`its budget '${budgetId}' does not exist`)] };
  }
  return {
    name: alias,
    row: {
      organization_id: id,
      organization_alias: alias,
      budget_id: budgetId,
      models: textsIn(row, 'models'),
      metadata: objectIn(row, 'metadata'),
      ...authorshipOf(row),
    },
    notes,
  };
}

export function mapUser(row: SourceRow, now: Date): Mapped {
  const id = textIn(row, 'user_id') ?? '';
  const isGlobal = GLOBAL_ROWS.has(id);
  const limits = limitsFrom(isGlobal ? { created_at: row['created_at'] ?? null } : row, 'calendar', now);
  const name = textIn(row, 'user_email') ?? id;
  if (id === 'litellm-proxy-budget') return { name, row: null, notes: globalNotes(row) };
  const role = textIn(row, 'user_role');
  return {
    name,
    row: {
      user_id: id,
      user_alias: textIn(row, 'user_alias'),
      user_email: textIn(row, 'user_email'),
      sso_user_id: textIn(row, 'sso_user_id'),
      user_role: role !== null && ROLES.has(role) ? role : role === null ? null : 'internal_user',
      models: textsIn(row, 'models'),
      metadata: withoutLimits(objectIn(row, 'metadata')),
      blocked: false,
      ...limits.columns,
      ...authorshipOf(row),
    },
    notes: [...limits.notes, ...(isGlobal ? globalNotes(row) : []), ...userNotes(row, role)],
    ...(!isGlobal && {
      spent: { kind: 'user', name: id, picoUsd: spendIn(row), window: limits.window } as const,
    }),
  };
}

/** A user who is only named as a member somewhere. */
export function placeholderUser(userId: string, email: string | null): JsonObject {
  const limits = limitsFrom({}, 'calendar', new Date(0));
  const nothing = {
    user_alias: null,
    sso_user_id: null,
    user_role: null,
    models: [],
    metadata: {},
    blocked: false,
  };
  return { user_id: userId, user_email: email, ...nothing, ...limits.columns, ...authorshipOf({}) };
}

/** @param windows by budget, of those that exist */
export function mapCustomer(row: SourceRow, windows: ReadonlyMap<string, SpendWindow>): Mapped {
  const id = textIn(row, 'user_id') ?? '';
  const budgetId = textIn(row, 'budget_id');
  const isKnown = budgetId !== null && windows.has(budgetId);
  const whys = [
    budgetId !== null && !isKnown && `its budget ${budgetId} does not exist`,
    saysSomething(row['allowed_model_region']) && '`allowed_model_region` restricts nothing here',
    saysSomething(row['default_model']) && '`default_model` has no effect',
  ].filter((why) => why !== false);
  return {
    name: textIn(row, 'alias') ?? id,
    row: {
      user_id: id,
      alias: textIn(row, 'alias'),
      blocked: flagIn(row, 'blocked'),
      budget_id: isKnown ? budgetId : null,
      ...authorshipOf(row),
    },
    notes: [...whys.map(approximate), ...permissionNotes(row)],
    spent: {
      kind: 'end_user',
      name: id,
      picoUsd: spendIn(row),
      window: (budgetId !== null && windows.get(budgetId)) || WHOLE_HISTORY,
    },
  };
}

export function permissionNotes(row: SourceRow): Note[] {
  if (!saysSomething(row['object_permission_id'])) return [];
  return [approximate('permissions for MCP servers, agents and vector stores have no effect')];
}

function globalNotes(row: SourceRow): Note[] {
  if (row['max_budget'] === null || row['max_budget'] === undefined) return [];
  return [notSupported('the budget over everybody is set by litellm_settings.max_budget in config.yaml')];
}

function userNotes(row: SourceRow, role: string | null): Note[] {
  const whys = [
    role !== null && !ROLES.has(role) && (NO_ROLES[role] ?? `the role ${role} counts as internal_user`),
    saysSomething(row['password']) && 'the password for LiteLLM’s own pages is not carried over',
    saysSomething(row['allowed_cache_controls']) && '`allowed_cache_controls` restrict nothing here',
    saysSomething(row['policies']) && '`policies` restrict nothing here',
  ].filter((why) => why !== false);
  return [...whys.map(approximate), ...permissionNotes(row)];
}
