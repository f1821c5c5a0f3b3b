import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager, type EntityTarget, type ObjectLiteral } from 'typeorm';
import { databaseUnavailable, DatabaseService, unavailableFrom } from '@app/database';
import { BudgetEntity } from './budget.entity.js';
import { OrganizationEntity } from './organization.entity.js';
import {
  type MemberPrincipal,
  type OrganizationPrincipal,
  type TeamPrincipal,
  toMemberPrincipal,
  toOrganizationPrincipal,
  toTeamPrincipal,
  toUserPrincipal,
  type UserPrincipal,
} from './principals.js';
import { type LimitTerms } from './rules-of.js';
import { TeamEntity } from './team.entity.js';
import { TeamMemberEntity } from './team-member.entity.js';
import { UserEntity } from './user.entity.js';

type Ids = Iterable<string | null>;

/** Whom to read; nulls are passed over. */
export interface WantedPrincipals {
  readonly userIds?: Ids;
  readonly teamIds?: Ids;
  readonly organizationIds?: Ids;
  readonly members?: Iterable<{ readonly teamId: string; readonly userId: string }>;
  readonly budgetIds?: Ids;
}

/** What was read: null stands for no such row, and for the id null. */
export interface Principals {
  user(id: string | null): UserPrincipal | null;
  team(id: string | null): TeamPrincipal | null;
  member(teamId: string | null, userId: string | null): MemberPrincipal | null;
  organization(id: string | null): OrganizationPrincipal | null;
  budget(id: string | null): LimitTerms | null;
}

/** Users, teams, members, organizations and budgets, for composing what binds a key. */
@Injectable()
export class PrincipalReader {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly database: DatabaseService,
  ) {}

  /**
   * At most five indexed statements for any number of ids. The organizations of the teams are read along.
   * @param manager of a transaction, to read what it has written. @throws UnavailableError
   */
  async read(wanted: WantedPrincipals, manager?: EntityManager): Promise<Principals> {
    if (!manager && !this.database.ready) throw databaseUnavailable();
    try {
      return await readWith(manager ?? this.dataSource.manager, wanted);
    } catch (error) {
      throw unavailableFrom(error) ?? error;
    }
  }
}

async function readWith(manager: EntityManager, wanted: WantedPrincipals): Promise<Principals> {
  const pairs = [...(wanted.members ?? [])];
  const teamIds = [...(wanted.teamIds ?? []), ...pairs.map(({ teamId }) => teamId)];
  const [users, teams, members] = await Promise.all([
    byId(manager, UserEntity, 'userId', wanted.userIds),
    byId(manager, TeamEntity, 'teamId', teamIds),
    membersOf(manager, pairs),
  ]);
  const ofTeams = [...teams.values()].map(({ organizationId }) => organizationId);
  const organizations = await byId(manager, OrganizationEntity, 'organizationId', [
    ...(wanted.organizationIds ?? []),
    ...ofTeams,
  ]);
  const budgets = await byId(manager, BudgetEntity, 'budgetId', [
    ...(wanted.budgetIds ?? []),
    ...members.map(({ budgetId }) => budgetId),
    ...[...organizations.values()].map(({ budgetId }) => budgetId),
  ]);
  const budgetOf = (id: string | null): BudgetEntity | null =>
    id === null ? null : (budgets.get(id) ?? null);
  const memberOf = new Map(members.map((member) => [memberKey(member.teamId, member.userId), member]));
  return {
    user: (id) => mapped(users, id, toUserPrincipal),
    team: (id) => mapped(teams, id, toTeamPrincipal),
    organization: (id) =>
      mapped(organizations, id, (one) => toOrganizationPrincipal(one, budgetOf(one.budgetId))),
    budget: (id) => budgetOf(id)?.limits ?? null,
    member: (teamId, userId) =>
      teamId === null || userId === null
        ? null
        : mapped(memberOf, memberKey(teamId, userId), (one) =>
            toMemberPrincipal(one, budgetOf(one.budgetId), teams.get(teamId) ?? null),
          ),
  };
}

const memberKey = (teamId: string, userId: string): string => JSON.stringify([teamId, userId]);

function mapped<E, P>(entities: ReadonlyMap<string, E>, id: string | null, to: (entity: E) => P): P | null {
  const entity = id === null ? undefined : entities.get(id);
  return entity === undefined ? null : to(entity);
}

async function byId<E extends ObjectLiteral>(
  manager: EntityManager,
  entity: EntityTarget<E>,
  property: keyof E & string,
  ids: Ids = [],
): Promise<Map<string, E>> {
  const wanted = [...new Set(ids)].filter((id) => id !== null);
  if (wanted.length === 0) return new Map();
  const found = await manager
    .createQueryBuilder(entity, 'one')
    // Not `= ANY`: without fresh statistics the planner reads the whole table for a long list.
    .where(`one.${property} IN (SELECT unnest(:ids::text[]))`, { ids: wanted })
    .getMany();
  return new Map(found.map((one) => [String(one[property]), one]));
}

async function membersOf(
  manager: EntityManager,
  pairs: readonly { teamId: string; userId: string }[],
): Promise<TeamMemberEntity[]> {
  if (pairs.length === 0) return [];
  return manager
    .createQueryBuilder(TeamMemberEntity, 'member')
    .where('(member.teamId, member.userId) IN (SELECT * FROM unnest(:teams::text[], :users::text[]))', {
      teams: pairs.map(({ teamId }) => teamId),
      users: pairs.map(({ userId }) => userId),
    })
    .getMany();
}
