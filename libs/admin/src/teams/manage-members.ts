import { Inject, Injectable } from '@nestjs/common';
import { type Actor } from '@app/audit';
import { BadRequestError, GatewayError } from '@app/call';
import {
  type AddMembersDto,
  type DeleteMemberDto,
  PrincipalChanges,
  seesEverything,
  type Shown,
  type ShownTeam,
  TeamMembers,
  TeamsService,
  type UpdateMemberDto,
  type UserRow,
  UsersService,
} from '@app/users';
import { actingUser } from '../users/acting-user.js';
import { KeysOf } from '../users/keys-of.js';
import { required } from '../users/query-values.js';
import { readMembers } from '../users/read-members.js';
import { ResolveMembers } from './resolve-members.js';
import { TeamNotes } from './team-notes.js';
import { TEAM_ROLES } from './team-roles.js';
import { TeamRights } from './team-rights.js';

export interface AddedMembers {
  readonly team: ShownTeam;
  readonly users: readonly Shown<UserRow>[];
  readonly added: readonly string[];
}

export interface UpdatedMember {
  readonly team_id: string;
  readonly user_id: string;
  readonly user_email: string | null;
  readonly max_budget_in_team: number | null;
  readonly tpm_limit: number | null;
  readonly rpm_limit: number | null;
}

/** Who is in a team: decided by administrators of the gateway and of the team. */
@Injectable()
export class ManageMembers {
  @Inject(TeamsService) private readonly teams!: TeamsService;
  @Inject(UsersService) private readonly users!: UsersService;
  @Inject(TeamMembers) private readonly members!: TeamMembers;
  @Inject(ResolveMembers) private readonly resolve!: ResolveMembers;

  constructor(
    private readonly changes: PrincipalChanges,
    private readonly rights: TeamRights,
    private readonly keysOf: KeysOf,
    private readonly notes: TeamNotes,
  ) {}

  /** Users who do not exist are made. @throws GatewayError 400 when all of them are members already */
  async add(dto: AddMembersDto, actor: Actor): Promise<AddedMembers> {
    const teamId = await this.managed(dto.team_id, actor);
    const named = readMembers(dto.member, TEAM_ROLES, 'member');
    const by = actingUser(actor.caller);
    return this.changes.write(async (manager) => {
      await this.teams.one(teamId, manager);
      const { members, created } = await this.resolve.in(manager, named, by);
      const added = await this.members.add(manager, teamId, members);
      if (added.length === 0)
        throw alreadyIn(
          teamId,
          members.map(({ userId }) => userId),
        );
      for (const userId of added) {
        if (dto.max_budget_in_team === undefined) continue;
        await this.members.setLimits(manager, { teamId, userId }, { max_budget: dto.max_budget_in_team }, by);
      }
      const result = {
        team: await this.teams.one(teamId, manager),
        users: await this.users.find(added, manager),
        added,
      };
      await this.notes.members(manager, actor, 'team.member_added', { team: result.team, of: added });
      const scopes = added.map((userId) => `team_member:${teamId}:${userId}`);
      return { scopes: [...scopes, ...created.map((id) => `user:${id}`)], result };
    });
  }

  /** @throws BadRequestError when the user is no member */
  async update(dto: UpdateMemberDto, actor: Actor): Promise<UpdatedMember> {
    const teamId = await this.managed(dto.team_id, actor);
    const userId = await this.memberNamed(dto, teamId);
    const { max_budget_in_team, rpm_limit, tpm_limit, role } = dto;
    return this.changes.write(async (manager) => {
      if (role) await this.members.setRole(manager, teamId, userId, role);
      const limits = { max_budget: max_budget_in_team, rpm_limit, tpm_limit };
      const named = Object.fromEntries(Object.entries(limits).filter(([, limit]) => limit !== undefined));
      if (Object.keys(named).length > 0) {
        await this.members.setLimits(manager, { teamId, userId }, named, actingUser(actor.caller));
      }
      const team = await this.teams.one(teamId, manager);
      await this.notes.members(manager, actor, 'team.member_updated', { team: team, of: [userId] });
      return {
        scopes: [`team_member:${teamId}:${userId}`],
        result: updatedIn(team, userId, seesEverything(actor.caller)),
      };
    });
  }

  /** Removes a member and his keys of this team. @throws BadRequestError when the user is no member */
  async remove(dto: DeleteMemberDto, actor: Actor): Promise<ShownTeam> {
    const teamId = await this.managed(dto.team_id, actor);
    const userId = await this.memberNamed(dto, teamId);
    const owners = { members: [{ teamId, userId }] };
    return this.keysOf.withoutKeys(owners, actor, () =>
      this.changes.write(async (manager) => {
        await this.keysOf.requireNone(owners, manager);
        const wasMember = await this.members.remove(manager, teamId, userId);
        if (!wasMember) throw noMember(teamId);
        const team = await this.teams.one(teamId, manager);
        await this.notes.members(manager, actor, 'team.member_deleted', { team: team, of: [userId] });
        return { scopes: [`team_member:${teamId}:${userId}`], result: team };
      }),
    );
  }

  private async managed(teamId: string | null | undefined, { caller }: Actor): Promise<string> {
    const id = required(teamId, 'team_id');
    await this.rights.requireManagement(caller, id);
    return id;
  }

  /** The id of a member who is named by id or e-mail address. */
  private async memberNamed({ user_id, user_email }: DeleteMemberDto, teamId: string): Promise<string> {
    const { memberships } = await this.teams.one(teamId);
    const named = user_id || (await this.users.idOfEmail(required(user_email, 'user_id')));
    if (!memberships.some(({ row }) => row.user_id === named)) throw noMember(teamId);
    return named ?? '';
  }
}

function updatedIn({ team, memberships }: ShownTeam, userId: string, seesAll: boolean): UpdatedMember {
  const member = team.row.members_with_roles.find(({ user_id }) => user_id === userId);
  const budget = memberships.find(({ row }) => row.user_id === userId)?.row.litellm_budget_table;
  return {
    team_id: team.row.team_id,
    user_id: userId,
    user_email: seesAll ? (member?.user_email ?? null) : null,
    max_budget_in_team: budget?.max_budget ?? null,
    tpm_limit: budget?.tpm_limit ?? null,
    rpm_limit: budget?.rpm_limit ?? null,
  };
}

function alreadyIn(teamId: string, userIds: readonly string[]): GatewayError {
  const message = `Member already in team. Member: user_id=${userIds.join(', ')}. Team: ${teamId}`;
  return new GatewayError(400, 'team_member_already_in_team', message, { param: 'user_id' });
}

const noMember = (teamId: string): BadRequestError =>
  new BadRequestError(`The user is no member of the team '${teamId}'.`, 'user_id');
