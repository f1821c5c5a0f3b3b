import { type JsonObject, type LimitRule, type Role } from '@app/call';
import { type BudgetEntity } from './budget.entity.js';
import { MASTER_USER_ID } from './management-rights.js';
import { type OrganizationEntity } from './organization.entity.js';
import { rulesOf, type LimitTerms } from './rules-of.js';
import { type TeamEntity } from './team.entity.js';
import { type TeamMemberEntity, type TeamRole } from './team-member.entity.js';
import { type UserEntity } from './user.entity.js';

/** What a user brings to a key that stands for him. */
export interface UserPrincipal {
  readonly userId: string;
  readonly role: Role;
  readonly email: string | null;
  readonly models: readonly string[];
  readonly blocked: boolean;
  readonly rules: readonly LimitRule[];
}

/** What a team brings to its keys. */
export interface TeamPrincipal {
  readonly teamId: string;
  readonly alias: string | null;
  readonly organizationId: string | null;
  readonly models: readonly string[];
  /** Name that is asked for to the name that is served. */
  readonly aliases: Readonly<Record<string, string>>;
  readonly blocked: boolean;
  readonly metadata: JsonObject;
  readonly memberPermissions: readonly string[];
  readonly memberKeyDuration: string | null;
  readonly rules: readonly LimitRule[];
}

/** What membership brings to a key of both. */
export interface MemberPrincipal {
  readonly teamId: string;
  readonly userId: string;
  readonly role: TeamRole;
  /** The member's own, else what the team gives to each member. */
  readonly rules: readonly LimitRule[];
}

/** What an organization brings to the keys of its teams. */
export interface OrganizationPrincipal {
  readonly organizationId: string;
  readonly alias: string;
  readonly models: readonly string[];
  readonly rules: readonly LimitRule[];
}

export function toUserPrincipal(user: UserEntity): UserPrincipal {
  return {
    userId: user.userId,
    role: user.userRole ?? 'internal_user',
    email: user.userEmail,
    models: user.models,
    blocked: user.blocked,
    rules: rulesOf(user.limits, `user:${user.userId}`, 'calendar'),
  };
}

export function toTeamPrincipal(team: TeamEntity): TeamPrincipal {
  return {
    teamId: team.teamId,
    alias: team.teamAlias,
    organizationId: team.organizationId,
    models: team.models,
    aliases: team.modelAliases,
    blocked: team.blocked,
    metadata: team.metadata,
    memberPermissions: team.memberPermissions,
    memberKeyDuration: team.memberKeyDuration,
    rules: rulesOf(team.limits, `team:${team.teamId}`, 'calendar'),
  };
}

export function toMemberPrincipal(
  { teamId, userId, role }: TeamMemberEntity,
  budget: BudgetEntity | null,
  team: TeamEntity | null,
): MemberPrincipal {
  const scope = `team_member:${teamId}:${userId}`;
  const rules = budget ? rulesOf(budget.limits, scope, 'own') : [];
  if (!budget && team) rules.push(...rulesOf(memberTermsOf(team), scope, 'calendar'));
  return { teamId, userId, role: userId === MASTER_USER_ID ? 'user' : role, rules };
}

/** What a team gives to each of its members. */
function memberTermsOf(team: TeamEntity): LimitTerms {
  return {
    maxBudgetUsd: team.memberBudgetUsd,
    softBudgetUsd: null,
    budgetDuration: team.memberBudgetDuration,
    budgetStartsAt: team.createdAt,
    rpmLimit: team.memberRpmLimit,
    tpmLimit: team.memberTpmLimit,
    maxParallelRequests: null,
    modelMaxBudget: {},
    modelRpmLimit: {},
    modelTpmLimit: {},
  };
}

export function toOrganizationPrincipal(
  organization: OrganizationEntity,
  budget: BudgetEntity | null,
): OrganizationPrincipal {
  const { organizationId, organizationAlias: alias, models } = organization;
  const rules = budget ? rulesOf(budget.limits, `organization:${organizationId}`, 'own') : [];
  return { organizationId, alias, models, rules };
}
