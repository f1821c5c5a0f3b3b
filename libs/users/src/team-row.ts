import { type JsonObject } from '@app/call';
import { type BudgetEntity } from './budget.entity.js';
import { limitsRow, metadataRow, runningWindow } from './limits-row.js';
import { type Shown } from './shown.js';
import { type TeamEntity } from './team.entity.js';
import { type TeamMemberEntity } from './team-member.entity.js';

/** A member with the e-mail address of the user's row. */
export interface MemberOfTeam {
  readonly member: TeamMemberEntity;
  readonly email: string | null;
  readonly budget: BudgetEntity | null;
}

function rowOf(team: TeamEntity, members: readonly MemberOfTeam[], resetsAt: string | null) {
  return {
    team_id: team.teamId,
    team_alias: team.teamAlias,
    organization_id: team.organizationId,
    admins: [] as string[],
    members: [] as string[],
    members_with_roles: members.map(({ member, email }) => ({
      role: member.role,
      user_id: member.userId,
      user_email: email,
    })),
    models: team.models,
    ...limitsRow(team.limits),
    budget_reset_at: resetsAt,
    metadata: metadataRow(team.metadata, team.limits),
    blocked: team.blocked,
    team_member_permissions: team.memberPermissions,
    team_member_budget: team.memberBudgetUsd === null ? null : Number(team.memberBudgetUsd),
    team_member_budget_duration: team.memberBudgetDuration,
    team_member_rpm_limit: team.memberRpmLimit,
    team_member_tpm_limit: team.memberTpmLimit,
    team_member_key_duration: team.memberKeyDuration,
    litellm_model_table: modelTable(team),
    access_group_ids: [] as string[],
    policies: [] as string[],
    object_permission: null,
    created_at: team.createdAt.toISOString(),
    created_by: team.createdBy,
    updated_at: team.updatedAt.toISOString(),
    updated_by: team.updatedBy,
  };
}

/** A team as management routes show it. */
export type TeamRow = ReturnType<typeof rowOf>;

function modelTable({ modelAliases }: TeamEntity): JsonObject | null {
  return Object.keys(modelAliases).length === 0 ? null : { model_aliases: modelAliases };
}

/** @param members in the order in which they joined */
export function showTeam(team: TeamEntity, members: readonly MemberOfTeam[], nowMs: number): Shown<TeamRow> {
  const window = runningWindow(team.limits, 'calendar', nowMs);
  return {
    row: rowOf(team, members, window?.endsAt ?? null),
    scope: `team:${team.teamId}`,
    since: window?.startsAt ?? null,
  };
}

function membershipOf({ member, budget }: MemberOfTeam) {
  return {
    user_id: member.userId,
    team_id: member.teamId,
    budget_id: member.budgetId,
    litellm_budget_table:
      budget === null ? null : { budget_id: budget.budgetId, ...limitsRow(budget.limits) },
  };
}

/** A membership as `/team/info` shows it. */
export type MembershipRow = ReturnType<typeof membershipOf>;

export function showMembership(of: MemberOfTeam, nowMs: number): Shown<MembershipRow> {
  const { member, budget } = of;
  const window = budget ? runningWindow(budget.limits, 'own', nowMs) : null;
  return {
    row: membershipOf(of),
    scope: `team_member:${member.teamId}:${member.userId}`,
    since: window?.startsAt ?? null,
  };
}
