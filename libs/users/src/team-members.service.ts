import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { NotFoundError } from '@app/call';
import { applyLimits } from './apply-limits.js';
import { BudgetEntity } from './budget.entity.js';
import { type LimitFieldsDto } from './dto/limit-fields.dto.js';
import { MASTER_USER_ID } from './management-rights.js';
import { newBudget } from './new-budget.js';
import { reading } from './shown.js';
import { TeamMemberEntity, type TeamRole } from './team-member.entity.js';
import { type MemberOfTeam } from './team-row.js';

/** Who shall be in a team, and as what. */
export interface NewMember {
  readonly userId: string;
  readonly role: TeamRole;
}

/** Who is in which team. What is written belongs into a transaction of {@link PrincipalChanges}. */
@Injectable()
export class TeamMembers {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /** The right that a user has in a team; null for none. */
  async roleOf(
    teamId: string,
    userId: string | null,
    manager = this.dataSource.manager,
  ): Promise<TeamRole | null> {
    if (userId === null || userId === MASTER_USER_ID) return null;
    const member = await reading(manager.findOneBy(TeamMemberEntity, { teamId, userId }));
    return member?.role ?? null;
  }

  /** Ids of the teams that a user is in, in the order in which he joined. */
  async teamIdsOf(userId: string, manager = this.dataSource.manager): Promise<string[]> {
    const members = await reading(
      manager.find(TeamMemberEntity, { where: { userId }, order: { addedAt: 'ASC' } }),
    );
    return members.map(({ teamId }) => teamId);
  }

  /** By team id, in the order in which they joined. */
  async of(
    teamIds: readonly string[],
    manager = this.dataSource.manager,
  ): Promise<Map<string, MemberOfTeam[]>> {
    const byTeam = new Map<string, MemberOfTeam[]>(teamIds.map((id) => [id, []]));
    if (teamIds.length === 0) return byTeam;
    const { entities, raw } = await reading(
      manager
        .createQueryBuilder(TeamMemberEntity, 'one')
        .leftJoin('users', 'u', 'u.user_id = one.user_id')
        .addSelect('u.user_email', 'email')
        .where('one.teamId IN (SELECT unnest(:teamIds::text[]))', { teamIds })
        .orderBy('one.addedAt')
        .getRawAndEntities<{ email: string | null }>(),
    );
    const budgets = await budgetsOf(manager, entities);
    for (const [index, member] of entities.entries()) {
      const budget = member.budgetId === null ? null : (budgets.get(member.budgetId) ?? null);
      byTeam.get(member.teamId)?.push({ member, email: raw[index]?.email ?? null, budget });
    }
    return byTeam;
  }

  /** Adds those who are not members yet. Returns the ids of those. */
  async add(manager: EntityManager, teamId: string, members: readonly NewMember[]): Promise<string[]> {
    const ids = members.map(({ userId }) => userId);
    const known = await manager
      .createQueryBuilder(TeamMemberEntity, 'one')
      .where('one.teamId = :teamId AND one.userId IN (SELECT unnest(:ids::text[]))', { teamId, ids })
      .getMany();
    const present = new Set(known.map(({ userId }) => userId));
    const rows = new Map<string, TeamMemberEntity>();
    for (const { userId, role } of members) {
      if (!present.has(userId))
        rows.set(userId, Object.assign(new TeamMemberEntity(), { teamId, userId, role }));
    }
    // One by one where they are few, so that the order in which they joined is that of the list.
    for (const row of rows.values()) await manager.insert(TeamMemberEntity, row);
    return [...rows.keys()];
  }

  /** @throws NotFoundError when the user is no member */
  async setRole(manager: EntityManager, teamId: string, userId: string, role: TeamRole): Promise<void> {
    const { affected } = await manager.update(TeamMemberEntity, { teamId, userId }, { role });
    if (affected === 0) throw noMember(teamId);
  }

  /** Gives a member a budget of his own, or changes it. @throws NotFoundError when the user is no member */
  async setLimits(
    manager: EntityManager,
    member: { readonly teamId: string; readonly userId: string },
    fields: LimitFieldsDto,
    by: string,
  ): Promise<BudgetEntity> {
    const { teamId, userId } = member;
    const row = await manager.findOneBy(TeamMemberEntity, { teamId, userId });
    if (!row) throw noMember(teamId);
    const known =
      row.budgetId === null ? null : await manager.findOneBy(BudgetEntity, { budgetId: row.budgetId });
    const budget = known ?? newBudget(`team_member:${teamId}:${userId}`, by);
    applyLimits(budget.limits, fields, new Date());
    budget.updatedAt = new Date();
    budget.updatedBy = by;
    await manager.save(budget);
    if (!known) await manager.update(TeamMemberEntity, { teamId, userId }, { budgetId: budget.budgetId });
    return budget;
  }

  /** Whether the user was a member. */
  async remove(manager: EntityManager, teamId: string, userId: string): Promise<boolean> {
    const { affected } = await manager.delete(TeamMemberEntity, { teamId, userId });
    await manager.delete(BudgetEntity, { madeFor: `team_member:${teamId}:${userId}` });
    return affected === 1;
  }
}

async function budgetsOf(
  manager: EntityManager,
  members: readonly TeamMemberEntity[],
): Promise<Map<string, BudgetEntity>> {
  const ids = members.map(({ budgetId }) => budgetId).filter((id) => id !== null);
  if (ids.length === 0) return new Map();
  const budgets = await manager
    .createQueryBuilder(BudgetEntity, 'one')
    .where('one.budgetId IN (SELECT unnest(:ids::text[]))', { ids })
    .getMany();
  return new Map(budgets.map((budget) => [budget.budgetId, budget]));
}

const noMember = (teamId: string): NotFoundError =>
  new NotFoundError(`The user is no member of the team '${teamId}'.`, 'user_id');
