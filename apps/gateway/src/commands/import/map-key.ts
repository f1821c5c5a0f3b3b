import { createHash } from 'node:crypto';
import { durationFrom } from '@app/call';
import { limitsFrom, type SpendWindow, withoutLimits } from './map-limits.js';
import { authorshipOf, type Mapped, spendIn } from './mapped.js';
import { approximate, type Note, notSupported } from './report.js';
import {
  flagIn,
  numberIn,
  objectIn,
  saysSomething,
  type SourceRow,
  textIn,
  textMapIn,
  textsIn,
  timeIn,
} from './source-row.js';

const HASH = /^[0-9a-f]{64}$/;
/** Keys that LiteLLM makes for those who log in to its pages. */
const DASHBOARD_TEAM = 'litellm-dashboard';

/** What nothing here stands for. Where it restricts, the key may do more than before. */
const UNSUPPORTED_COLUMNS: Readonly<Record<string, string>> = {
  permissions: '`permissions` have no effect',
  config: '`config` has no effect',
  router_settings: '`router_settings` have no effect',
  policies: '`policies` restrict nothing here',
  access_group_ids: '`access_group_ids` have no effect; name the models in `models`',
  object_permission_id: 'permissions for MCP servers, agents and vector stores have no effect',
};
const UNSUPPORTED_METADATA: Readonly<Record<string, string>> = {
  guardrails: '`guardrails` restrict nothing here',
  policies: '`policies` restrict nothing here',
  prompts: '`prompts` have no effect',
  enforced_params: '`enforced_params` restrict nothing here',
  rpm_limit_type: '`rpm_limit_type` has no effect: limits hold exactly',
  tpm_limit_type: '`tpm_limit_type` has no effect: limits hold exactly',
  temp_budget_increase: 'the temporary increase of its budget has no effect',
  allowed_passthrough_routes: '`allowed_passthrough_routes` have no effect; use `allowed_routes`',
  allowed_vector_store_indexes: '`allowed_vector_store_indexes` have no effect',
  secret_manager_settings: '`secret_manager_settings` have no effect',
  logging: 'callbacks of a single key have no effect',
};

/** What is known beside the key's own row. */
export interface KeyContext {
  readonly now: Date;
  readonly teamIds: ReadonlySet<string>;
  /** By budget: the window that its spend counts for. */
  readonly budgetWindows: ReadonlyMap<string, SpendWindow>;
}

export function mapKey(row: SourceRow, context: KeyContext): Mapped {
  const token = textIn(row, 'token') ?? '';
  const name = nameOf(row, token);
  if (textIn(row, 'team_id') === DASHBOARD_TEAM) {
    const why = 'a login of LiteLLM’s own pages ends with LiteLLM';
    return { name, row: null, notes: [notSupported(why)] };
  }
  const hash = HASH.test(token) ? token : hashOf(token);
  if (hash === null) return { name, row: null, notes: [notSupported('its token is no SHA-256 hash')] };
  const limits = limitsFrom(row, 'calendar', context.now);
  const budgetId = textIn(row, 'budget_id');
  const window = textIn(row, 'budget_duration') === null ? windowOf(budgetId, context) : limits.window;
  return {
    name,
    row: {
      hash,
      key_name: textIn(row, 'key_name') ?? `sk-...${hash.slice(-4)}`,
      key_alias: textIn(row, 'key_alias'),
      user_id: textIn(row, 'user_id'),
      team_id: textIn(row, 'team_id'),
      organization_id: textIn(row, 'organization_id'),
      budget_id: budgetId !== null && context.budgetWindows.has(budgetId) ? budgetId : null,
      models: [...new Set(textsIn(row, 'models'))],
      aliases: textMapIn(row, 'aliases'),
      allowed_routes: [...new Set(textsIn(row, 'allowed_routes'))],
      allowed_cache_controls: [...new Set(textsIn(row, 'allowed_cache_controls'))],
      ...limits.columns,
      expires_at: timeIn(row, 'expires')?.toISOString() ?? null,
      blocked: flagIn(row, 'blocked'),
      metadata: withoutLimits(objectIn(row, 'metadata')),
      ...rotationOf(row),
      ...authorshipOf(row),
    },
    notes: [...limits.notes, ...notesOf(row, token, context)],
    spent: { kind: 'key', name: hash, picoUsd: spendIn(row), window: window ?? limits.window },
  };
}

/** Recognisable, and not the credential itself. */
function nameOf(row: SourceRow, token: string): string {
  const shown = HASH.test(token) ? `${token.slice(0, 8)}…` : 'without a hash';
  return [textIn(row, 'key_alias') ?? textIn(row, 'key_name'), `(${shown})`].filter(Boolean).join(' ');
}

/** Very old versions have kept credentials in the clear. */
function hashOf(token: string): string | null {
  return token.startsWith('sk-') ? createHash('sha256').update(token).digest('hex') : null;
}

function windowOf(budgetId: string | null, { budgetWindows }: KeyContext): SpendWindow | null {
  return budgetId === null ? null : (budgetWindows.get(budgetId) ?? null);
}

function rotationOf(row: SourceRow) {
  const interval = rotationIntervalOf(row);
  const rotates = flagIn(row, 'auto_rotate') && interval !== null;
  return {
    rotated_at: timeIn(row, 'last_rotation_at')?.toISOString() ?? null,
    rotation_count: Math.max(0, Math.floor(numberIn(row, 'rotation_count') ?? 0)),
    auto_rotate: rotates,
    rotation_interval: interval,
    rotation_due_at: (rotates && timeIn(row, 'key_rotation_at')?.toISOString()) || null,
  };
}

function rotationIntervalOf(row: SourceRow): string | null {
  const text = textIn(row, 'rotation_interval');
  return text !== null && durationFrom(text) !== null ? text : null;
}

function notesOf(row: SourceRow, token: string, { teamIds, budgetWindows }: KeyContext): Note[] {
  const metadata = objectIn(row, 'metadata');
  const whys = [
    ...Object.entries(UNSUPPORTED_COLUMNS).flatMap(([column, why]) =>
      saysSomething(row[column]) ? [why] : [],
    ),
    ...Object.entries(UNSUPPORTED_METADATA).flatMap(([field, why]) =>
      saysSomething(metadata[field]) ? [why] : [],
    ),
  ];
  const teamId = textIn(row, 'team_id');
  const budgetId = textIn(row, 'budget_id');
  if (!HASH.test(token)) whys.push('its credential was kept in the clear; only its hash is carried over');
  if (teamId !== null && !teamIds.has(teamId)) whys.push(`its team ${teamId} does not exist`);
  if (budgetId !== null && !budgetWindows.has(budgetId)) whys.push(`its budget ${budgetId} does not exist`);
  if (flagIn(row, 'auto_rotate')) whys.push(...rotationWhys(row));
  return whys.map(approximate);
}

function rotationWhys(row: SourceRow): string[] {
  if (rotationIntervalOf(row) === null) return ['it rotates no more: its interval is no duration'];
  return timeIn(row, 'key_rotation_at') === null
    ? ['its next rotation has no date; set `auto_rotate` anew']
    : [];
}

/** A credential that a key has replaced and that still opens it; null once that is over. */
export function mapDeprecatedToken(row: SourceRow, now: Date): Mapped {
  const [hash, active] = [textIn(row, 'token') ?? '', textIn(row, 'active_token_id') ?? ''];
  const revokeAt = timeIn(row, 'revoke_at');
  const isOpen = HASH.test(hash) && HASH.test(active) && revokeAt !== null && revokeAt > now;
  return {
    name: `${hash.slice(0, 8)}…`,
    row: isOpen ? { hash, active_hash: active, revoke_at: revokeAt.toISOString() } : null,
    notes: [],
  };
}
