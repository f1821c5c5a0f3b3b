import { type JsonObject, usdNumber } from '@app/call';
import { alignedWindows, windowAt } from '@app/users';
import { type KeyEntity } from './key.entity.js';

/** A key as management routes show it; the names are those of the wire contract. */
export interface KeyView {
  readonly key_name: string;
  readonly key_alias: string | null;
  readonly spend: number;
  readonly expires: string | null;
  readonly models: readonly string[];
  readonly aliases: Readonly<Record<string, string>>;
  readonly config: JsonObject;
  readonly user_id: string | null;
  readonly team_id: string | null;
  readonly organization_id: string | null;
  readonly permissions: JsonObject;
  readonly max_parallel_requests: number | null;
  readonly metadata: JsonObject;
  readonly blocked: boolean;
  readonly tpm_limit: number | null;
  readonly rpm_limit: number | null;
  readonly max_budget: number | null;
  readonly soft_budget: number | null;
  readonly budget_duration: string | null;
  readonly budget_reset_at: string | null;
  readonly allowed_cache_controls: readonly string[];
  readonly allowed_routes: readonly string[];
  readonly model_max_budget: JsonObject;
  readonly budget_id: string | null;
  readonly litellm_budget_table: null;
  readonly object_permission: null;
  readonly rotation_count: number;
  readonly last_rotation_at: string | null;
  readonly auto_rotate: boolean;
  readonly rotation_interval: string | null;
  /** When it gets its next credential by itself. */
  readonly key_rotation_at: string | null;
  readonly created_at: string;
  readonly created_by: string;
  readonly updated_at: string;
  readonly updated_by: string;
}

/** A view that says which key it is of. */
export interface TokenView extends KeyView {
  readonly token: string;
}

/** The only replies that hold the credential itself. */
export interface GeneratedKeyView extends TokenView {
  readonly key: string;
  readonly token_id: string;
}

export function toKeyView(key: KeyEntity, spendPicoUsd: bigint): KeyView {
  return {
    key_name: key.keyName,
    key_alias: key.keyAlias,
    spend: usdNumber(spendPicoUsd),
    expires: key.expiresAt?.toISOString() ?? null,
    models: key.models,
    aliases: key.aliases,
    config: {},
    user_id: key.userId,
    team_id: key.teamId,
    organization_id: key.organizationId,
    permissions: {},
    max_parallel_requests: key.maxParallelRequests,
    metadata: metadataOf(key),
    blocked: key.blocked,
    tpm_limit: key.tpmLimit,
    rpm_limit: key.rpmLimit,
    max_budget: amountOf(key.maxBudgetUsd),
    soft_budget: amountOf(key.softBudgetUsd),
    budget_duration: key.budgetDuration,
    budget_reset_at: resetOf(key, Date.now()),
    allowed_cache_controls: key.allowedCacheControls,
    allowed_routes: key.allowedRoutes,
    model_max_budget: key.modelMaxBudget,
    budget_id: key.budgetId,
    litellm_budget_table: null,
    object_permission: null,
    rotation_count: key.rotationCount,
    last_rotation_at: key.rotatedAt?.toISOString() ?? null,
    auto_rotate: key.autoRotate,
    rotation_interval: key.rotationInterval,
    key_rotation_at: key.rotationDueAt?.toISOString() ?? null,
    created_at: key.createdAt.toISOString(),
    created_by: key.createdBy,
    updated_at: key.updatedAt.toISOString(),
    updated_by: key.updatedBy,
  };
}

/** A key as the audit log keeps it: everything but what it has spent. */
export function toAuditView(key: KeyEntity): JsonObject {
  const view = Object.entries(toKeyView(key, 0n)).filter(([name]) => name !== 'spend');
  return { token: key.hash, ...Object.fromEntries(view) };
}

const amountOf = (usd: string | null): number | null => (usd === null ? null : Number(usd));

/** Limits by model are shown where the contract has them. */
function metadataOf({ metadata, modelRpmLimit, modelTpmLimit }: KeyEntity): JsonObject {
  if (Object.keys(modelRpmLimit).length + Object.keys(modelTpmLimit).length === 0) return metadata;
  return {
    ...metadata,
    ...(Object.keys(modelRpmLimit).length > 0 && { model_rpm_limit: modelRpmLimit }),
    ...(Object.keys(modelTpmLimit).length > 0 && { model_tpm_limit: modelTpmLimit }),
  };
}

/** When the budget begins anew; null where it never does. */
function resetOf({ budgetDuration, budgetStartsAt }: KeyEntity, nowMs: number): string | null {
  if (budgetDuration === null) return null;
  const { endsAtMs } = windowAt(alignedWindows(budgetDuration, budgetStartsAt.getTime()), nowMs);
  return Number.isFinite(endsAtMs) ? new Date(endsAtMs).toISOString() : null;
}
