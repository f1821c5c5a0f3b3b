import { Controller, Get, HttpCode, Inject, Post, Query } from '@nestjs/common';
import { type Actor, CurrentActor } from '@app/audit';
import { Access, type Caller, CurrentCaller, ManagementBody } from '@app/call';
import {
  AddMembersDto,
  DeleteMemberDto,
  seesEverything,
  TeamPermissionsDto,
  TeamsService,
  UpdateMemberDto,
} from '@app/users';
import { type Query as Parameters, required, textIn } from '../users/query-values.js';
import { SpentAmounts } from '../users/spent-amounts.js';
import { ManageMembers, type UpdatedMember } from './manage-members.js';
import { ManageTeams } from './manage-teams.js';
import { TEAM_PERMISSIONS } from './team-permissions.js';
import { TeamRights } from './team-rights.js';
import { TeamViews } from './team-views.js';

/** Routes that administrators of a team may call for their team. */
@Controller('team')
export class TeamMembersController {
  @Inject(TeamRights) private readonly rights!: TeamRights;
  @Inject(TeamsService) private readonly teams!: TeamsService;

  constructor(
    private readonly members: ManageMembers,
    private readonly manage: ManageTeams,
    private readonly views: TeamViews,
    private readonly spent: SpentAmounts,
  ) {}

  @Post(['member_add', 'bulk_member_add'])
  @HttpCode(200)
  @Access('self')
  async add(@ManagementBody(AddMembersDto) body: AddMembersDto, @CurrentActor() actor: Actor) {
    const { team, users, added } = await this.members.add(body, actor);
    const [view] = await this.views.of([team], actor.caller);
    const everything = seesEverything(actor.caller);
    // Of users who are in other teams too, an administrator of this one learns nothing but that they are here.
    const updated = everything
      ? await this.spent.add(users)
      : users.map(({ row: { user_id } }) => ({ user_id }));
    const memberships = view?.team_memberships.filter(({ user_id }) => added.includes(user_id));
    return { ...view, updated_users: updated, updated_team_memberships: memberships };
  }

  @Post('member_update')
  @HttpCode(200)
  @Access('self')
  update(
    @ManagementBody(UpdateMemberDto) body: UpdateMemberDto,
    @CurrentActor() actor: Actor,
  ): Promise<UpdatedMember> {
    return this.members.update(body, actor);
  }

  @Post('member_delete')
  @HttpCode(200)
  @Access('self')
  async remove(@ManagementBody(DeleteMemberDto) body: DeleteMemberDto, @CurrentActor() actor: Actor) {
    const [view] = await this.views.of([await this.members.remove(body, actor)], actor.caller);
    return view;
  }

  @Get('permissions_list')
  @Access('self')
  async permissions(@Query() query: Parameters, @CurrentCaller() caller: Caller) {
    const teamId = required(textIn(query, 'team_id'), 'team_id');
    await this.rights.requireSight(caller, teamId);
    const { team } = await this.teams.one(teamId);
    return permissionsOf(teamId, team.row.team_member_permissions);
  }

  @Post('permissions_update')
  @HttpCode(200)
  @Access('self')
  async updatePermissions(
    @ManagementBody(TeamPermissionsDto) body: TeamPermissionsDto,
    @CurrentActor() actor: Actor,
  ) {
    const teamId = required(body.team_id, 'team_id');
    await this.rights.requireManagement(actor.caller, teamId);
    const fields = { team_id: teamId, team_member_permissions: body.team_member_permissions ?? [] };
    const { team } = await this.manage.update(fields, actor);
    return permissionsOf(teamId, team.row.team_member_permissions);
  }
}

const permissionsOf = (teamId: string, permissions: readonly string[]) => ({
  team_id: teamId,
  team_member_permissions: permissions,
  all_available_permissions: TEAM_PERMISSIONS,
});
