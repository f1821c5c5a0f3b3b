import { type JsonObject, usdNumber } from '@app/call';
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
  readonly organization_id: null;
  readonly permissions: JsonObject;
  readonly max_parallel_requests: null;
  readonly metadata: JsonObject;
  readonly blocked: boolean;
  readonly tpm_limit: null;
  readonly rpm_limit: null;
  readonly max_budget: number | null;
  readonly budget_duration: null;
  readonly budget_reset_at: null;
  readonly allowed_cache_controls: readonly string[];
  readonly allowed_routes: readonly string[];
  readonly model_max_budget: JsonObject;
  readonly budget_id: null;
  readonly litellm_budget_table: null;
  readonly object_permission: null;
  readonly created_at: string;
  readonly created_by: string;
  readonly updated_at: string;
  readonly updated_by: string;
}

/** The only reply that holds the credential itself. */
export interface GeneratedKeyView extends KeyView {
  readonly key: string;
  readonly token: string;
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
    organization_id: null,
    permissions: {},
    max_parallel_requests: null,
    metadata: key.metadata,
    blocked: key.blocked,
    tpm_limit: null,
    rpm_limit: null,
    max_budget: key.maxBudgetUsd === null ? null : Number(key.maxBudgetUsd),
    budget_duration: null,
    budget_reset_at: null,
    allowed_cache_controls: [],
    allowed_routes: key.allowedRoutes,
    model_max_budget: {},
    budget_id: null,
    litellm_budget_table: null,
    object_permission: null,
    created_at: key.createdAt.toISOString(),
    created_by: key.createdBy,
    updated_at: key.updatedAt.toISOString(),
    updated_by: key.updatedBy,
  };
}
