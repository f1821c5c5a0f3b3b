import { limitsRow, metadataRow, runningWindow } from './limits-row.js';
import { type Shown } from './shown.js';
import { type UserEntity } from './user.entity.js';

function rowOf(user: UserEntity, teams: readonly string[], resetsAt: string | null) {
  return {
    user_id: user.userId,
    user_alias: user.userAlias,
    user_email: user.userEmail,
    sso_user_id: user.ssoUserId,
    user_role: user.userRole,
    teams: [...teams],
    organization_id: null,
    models: user.models,
    ...limitsRow(user.limits),
    budget_reset_at: resetsAt,
    metadata: metadataRow(user.metadata, user.limits),
    blocked: user.blocked,
    allowed_cache_controls: [] as string[],
    policies: [] as string[],
    object_permission: null,
    created_at: user.createdAt.toISOString(),
    created_by: user.createdBy,
    updated_at: user.updatedAt.toISOString(),
    updated_by: user.updatedBy,
  };
}

/** A user as management routes show it. */
export type UserRow = ReturnType<typeof rowOf>;

/** @param teams ids of the teams that the user is in */
export function showUser(user: UserEntity, teams: readonly string[], nowMs: number): Shown<UserRow> {
  const window = runningWindow(user.limits, 'calendar', nowMs);
  return {
    row: rowOf(user, teams, window?.endsAt ?? null),
    scope: `user:${user.userId}`,
    since: window?.startsAt ?? null,
  };
}
