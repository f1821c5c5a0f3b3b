import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager, type SelectQueryBuilder } from 'typeorm';
import { BadRequestError, NotFoundError } from '@app/call';
import { isDuplicate, isStillNamed } from './database-refusals.js';
import { applyTeamFields } from './apply-team-fields.js';
import { type TeamFieldsDto } from './dto/team.dto.js';
import { type Changed, type Page, reading, type Shown } from './shown.js';
import { TeamEntity } from './team.entity.js';
import { TeamMembers } from './team-members.service.js';
import { type MembershipRow, showMembership, showTeam, type TeamRow } from './team-row.js';

const SORTABLE = new Map([
  ['team_id', 'teamId'],
  ['team_alias', 'teamAlias'],
  ['created_at', 'createdAt'],
]);

export interface TeamQuery {
  /** Only teams that this user is in. */
  readonly memberId: string | null;
  readonly organizationId: string | null;
  readonly teamId: string | null;
  /** A part of the name, whatever its case. */
  readonly aliasPart: string | null;
  readonly sortBy: string | null;
  readonly descending: boolean;
  readonly page: number;
  readonly pageSize: number;
}

/** A team with its members' budgets. */
export interface ShownTeam {
  readonly team: Shown<TeamRow>;
  readonly memberships: readonly Shown<MembershipRow>[];
}

/** The rows of teams. What is written belongs into a transaction of {@link PrincipalChanges}. */
@Injectable()
export class TeamsService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly members: TeamMembers,
  ) {}

  /** Those that exist, in the order of `ids`. */
  async find(ids: readonly string[], manager: EntityManager = this.dataSource.manager): Promise<ShownTeam[]> {
    if (ids.length === 0) return [];
    const teams = await reading(
      manager
        .createQueryBuilder(TeamEntity, 'one')
        .where('one.teamId IN (SELECT unnest(:ids::text[]))', { ids })
        .getMany(),
    );
    const byId = new Map((await this.shown(teams, manager)).map((one) => [one.team.row.team_id, one]));
    return ids.map((id) => byId.get(id)).filter((one) => one !== undefined);
  }

  /** Names by id. */
  async aliasesOf(ids: readonly string[]): Promise<Map<string, string | null>> {
    if (ids.length === 0) return new Map();
    const teams = await reading(
      this.dataSource.manager
        .createQueryBuilder(TeamEntity, 'one')
        .select(['one.teamId', 'one.teamAlias'])
        .where('one.teamId IN (SELECT unnest(:ids::text[]))', { ids })
        .getMany(),
    );
    return new Map(teams.map(({ teamId, teamAlias }) => [teamId, teamAlias]));
  }

  /** Ids and names of the teams of organizations, by organization. */
  async ofOrganizations(
    ids: readonly string[],
  ): Promise<Map<string, { team_id: string; team_alias: string | null }[]>> {
    const byId = new Map<string, { team_id: string; team_alias: string | null }[]>(ids.map((id) => [id, []]));
    const teams = await reading(
      this.dataSource.manager
        .createQueryBuilder(TeamEntity, 'one')
        .where('one.organizationId IN (SELECT unnest(:ids::text[]))', { ids })
        .orderBy('one.createdAt')
        .getMany(),
    );
    for (const { organizationId, teamId, teamAlias } of teams) {
      byId.get(organizationId ?? '')?.push({ team_id: teamId, team_alias: teamAlias });
    }
    return byId;
  }

  /** @throws NotFoundError */
  async one(teamId: string, manager: EntityManager = this.dataSource.manager): Promise<ShownTeam> {
    const [team] = await this.find([teamId], manager);
    if (!team) throw unknownTeam(teamId);
    return team;
  }

  /** @throws BadRequestError for an id that is taken or an organization that does not exist */
  async insert(manager: EntityManager, fields: TeamFieldsDto, by: string): Promise<string> {
    const team = new TeamEntity();
    team.teamId = fields.team_id || randomUUID();
    team.createdAt = team.updatedAt = team.limits.budgetStartsAt = new Date();
    team.createdBy = team.updatedBy = by;
    applyTeamFields(team, fields, team.createdAt);
    try {
      await manager.insert<object>(TeamEntity, team);
    } catch (error) {
      throw refusal(error, team);
    }
    return team.teamId;
  }

  /** Changes those fields that are present; null takes a limit away. @throws NotFoundError */
  async update(
    manager: EntityManager,
    teamId: string,
    fields: TeamFieldsDto,
    by: string,
  ): Promise<Changed<ShownTeam>> {
    const team = await manager.findOneBy(TeamEntity, { teamId });
    if (!team) throw unknownTeam(teamId);
    const [before] = await this.shown([team], manager);
    applyTeamFields(team, fields, new Date());
    team.updatedAt = new Date();
    team.updatedBy = by;
    try {
      await manager.save(team);
    } catch (error) {
      throw refusal(error, team);
    }
    return { before: before ?? null, after: await this.one(teamId, manager) };
  }

  /** Removes teams with their memberships. Returns what they were. @throws NotFoundError when one does not exist */
  async remove(manager: EntityManager, ids: readonly string[]): Promise<ShownTeam[]> {
    const wanted = [...new Set(ids)];
    const teams = await this.find(wanted, manager);
    const found = new Set(teams.map(({ team }) => team.row.team_id));
    const missing = wanted.find((id) => !found.has(id));
    if (missing !== undefined) throw unknownTeam(missing);
    for (const { memberships } of teams) {
      for (const { row } of memberships) await this.members.remove(manager, row.team_id, row.user_id);
    }
    await manager.delete(TeamEntity, wanted);
    return teams;
  }

  /** @throws BadRequestError for a column that cannot be sorted by */
  async page(query: TeamQuery): Promise<Page<ShownTeam>> {
    const { manager } = this.dataSource;
    const [teams, total] = await reading(pageQuery(manager, query).getManyAndCount());
    return { rows: await this.shown(teams, manager), total };
  }

  private async shown(teams: readonly TeamEntity[], manager: EntityManager): Promise<ShownTeam[]> {
    const members = await this.members.of(
      teams.map(({ teamId }) => teamId),
      manager,
    );
    const nowMs = Date.now();
    return teams.map((team) => {
      const own = members.get(team.teamId) ?? [];
      return {
        team: showTeam(team, own, nowMs),
        memberships: own.map((member) => showMembership(member, nowMs)),
      };
    });
  }
}

const unknownTeam = (teamId: string): NotFoundError =>
  new NotFoundError(`Team not found: team_id=${teamId} does not exist.`, 'team_id');

function pageQuery(manager: EntityManager, query: TeamQuery): SelectQueryBuilder<TeamEntity> {
  const column = query.sortBy === null ? 'createdAt' : SORTABLE.get(query.sortBy);
  if (column === undefined) {
    throw new BadRequestError(`sort_by must be one of ${[...SORTABLE.keys()].join(', ')}.`, 'sort_by');
  }
  const direction = query.descending ? 'DESC' : 'ASC';
  const builder = manager
    .createQueryBuilder(TeamEntity, 'one')
    .orderBy(`one.${column}`, direction)
    .addOrderBy('one.teamId', direction)
    .offset((query.page - 1) * query.pageSize)
    .limit(query.pageSize);
  const { memberId, organizationId, teamId, aliasPart } = query;
  if (memberId !== null) {
    builder.andWhere('one.teamId IN (SELECT team_id FROM team_members WHERE user_id = :memberId)', {
      memberId,
    });
  }
  if (organizationId !== null) builder.andWhere('one.organizationId = :organizationId', { organizationId });
  if (teamId !== null) builder.andWhere('one.teamId = :teamId', { teamId });
  if (aliasPart !== null) {
    builder.andWhere('strpos(lower(one.teamAlias), lower(:aliasPart)) > 0', { aliasPart });
  }
  return builder;
}

function refusal(error: unknown, { teamId, organizationId }: TeamEntity): unknown {
  if (isDuplicate(error)) {
    return new BadRequestError(`Team id = ${teamId} already exists.`, 'team_id', { cause: error });
  }
  if (!isStillNamed(error)) return error;
  const message = `Organization not found: organization_id=${organizationId ?? ''} does not exist.`;
  return new BadRequestError(message, 'organization_id', { cause: error });
}
