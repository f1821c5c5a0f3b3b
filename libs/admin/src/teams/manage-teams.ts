import { Inject, Injectable } from '@nestjs/common';
import { type Actor } from '@app/audit';
import { BadRequestError } from '@app/call';
import { ConfigStore } from '@app/config';
import {
  type NewTeamDto,
  PrincipalChanges,
  type PrincipalWork,
  type ShownTeam,
  TeamMembers,
  TeamsService,
  type UpdateTeamDto,
} from '@app/users';
import { type EntityManager } from 'typeorm';
import { actingUser } from '../users/acting-user.js';
import { fillBlanks } from '../users/fill-blanks.js';
import { KeysOf } from '../users/keys-of.js';
import { required } from '../users/query-values.js';
import { type NamedMember, readMembers } from '../users/read-members.js';
import { ResolveMembers } from './resolve-members.js';
import { TeamNotes } from './team-notes.js';
import { TEAM_ROLES } from './team-roles.js';

/** Making, changing and deleting teams; rights are judged by the routes. */
@Injectable()
export class ManageTeams {
  @Inject(TeamMembers) private readonly members!: TeamMembers;
  @Inject(ConfigStore) private readonly config!: ConfigStore;
  @Inject(ResolveMembers) private readonly resolve!: ResolveMembers;

  constructor(
    private readonly changes: PrincipalChanges,
    private readonly teams: TeamsService,
    private readonly keysOf: KeysOf,
    private readonly notes: TeamNotes,
  ) {}

  /** Whoever makes a team is a member of it, as its administrator. */
  async create(asked: NewTeamDto, actor: Actor): Promise<ShownTeam> {
    const dto = fillBlanks(asked, this.config.current.litellm.teamDefaults);
    const by = actingUser(actor.caller);
    const named = [...membersIn(dto), ...creatorOf(actor, dto)];
    return this.changes.write(async (manager) => {
      const teamId = await this.teams.insert(manager, dto, by);
      const { members, created } = await this.resolve.in(manager, named, by);
      await this.members.add(manager, teamId, members);
      const team = await this.teams.one(teamId, manager);
      await this.notes.change(manager, actor, 'team.created', { before: null, after: team });
      const scopes = [`team:${teamId}`, ...created.map((id) => `user:${id}`)];
      scopes.push(...members.map(({ userId }) => `team_member:${teamId}:${userId}`));
      return { scopes, result: team };
    });
  }

  /** Changes those fields that are present; null takes a limit away. @throws NotFoundError */
  async update(dto: UpdateTeamDto, actor: Actor, action = 'team.updated'): Promise<ShownTeam> {
    return this.changes.write((manager) => this.updateIn(manager, dto, actor, action));
  }

  /** Adds model names to the list of a team, or takes them from it. */
  async changeModels(
    teamId: string,
    models: readonly string[],
    isAdded: boolean,
    actor: Actor,
  ): Promise<ShownTeam> {
    return this.changes.write(async (manager) => {
      const { team } = await this.teams.one(teamId, manager);
      const rest = team.row.models.filter((model) => !models.includes(model));
      if (!isAdded && rest.length === 0 && team.row.models.length > 0) {
        const message =
          'Without a model in its list a team may use all. Set the list with /team/update, or block the team.';
        throw new BadRequestError(message, 'models');
      }
      const fields = { team_id: teamId, models: isAdded ? [...rest, ...models] : rest };
      return this.updateIn(manager, fields, actor);
    });
  }

  private async updateIn(
    manager: EntityManager,
    dto: UpdateTeamDto,
    actor: Actor,
    action = 'team.updated',
  ): Promise<PrincipalWork<ShownTeam>> {
    const teamId = required(dto.team_id, 'team_id');
    const { before, after } = await this.teams.update(manager, teamId, dto, actingUser(actor.caller));
    await this.notes.change(manager, actor, action, { before, after });
    return { scopes: [`team:${teamId}`], result: after };
  }

  /** Deletes teams, their keys and memberships. @throws NotFoundError when one does not exist */
  async delete(ids: readonly string[], actor: Actor): Promise<string[]> {
    const wanted = [...new Set(ids)];
    if (wanted.length === 0) throw new BadRequestError('Name the teams to delete in `team_ids`.', 'team_ids');
    for (const id of wanted) await this.teams.one(id);
    return this.keysOf.withoutKeys({ teamIds: wanted }, actor, () =>
      this.changes.write(async (manager) => {
        await this.keysOf.requireNone({ teamIds: wanted }, manager);
        const removed = await this.teams.remove(manager, wanted);
        for (const before of removed)
          await this.notes.change(manager, actor, 'team.deleted', { before, after: null });
        const members = removed.flatMap(({ memberships }) => memberships.map(({ scope }) => scope));
        const scopes = [...removed.map(({ team }) => team.scope), ...members];
        return { scopes, result: wanted };
      }),
    );
  }
}

function membersIn(dto: NewTeamDto): NamedMember[] {
  const named = dto.members_with_roles?.length
    ? readMembers(dto.members_with_roles, TEAM_ROLES, 'members_with_roles')
    : [];
  const byId = (ids: readonly string[] | null | undefined, role: string): NamedMember[] =>
    (ids ?? []).map((userId) => ({ userId, email: null, role }));
  return [...named, ...byId(dto.admins, 'admin'), ...byId(dto.members, 'user')];
}

function creatorOf({ caller }: Actor, dto: NewTeamDto): NamedMember[] {
  const { userId } = caller;
  const isNamed = membersIn(dto).some((member) => member.userId === userId);
  return userId === null || isNamed ? [] : [{ userId, email: null, role: 'admin' }];
}
