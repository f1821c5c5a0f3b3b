import { Controller, Get, HttpCode, Post, Query } from '@nestjs/common';
import { type Actor, CurrentActor } from '@app/audit';
import { Access, type Caller, CurrentCaller, ManagementBody } from '@app/call';
import {
  DeleteTeamsDto,
  NewTeamDto,
  TeamIdDto,
  TeamModelsDto,
  type ShownTeam,
  UpdateTeamDto,
} from '@app/users';
import { type Query as Parameters, required, textIn } from '../users/query-values.js';
import { ManageTeams } from './manage-teams.js';
import { TeamViews, type TeamView } from './team-views.js';

@Controller('team')
export class TeamsController {
  constructor(
    private readonly manage: ManageTeams,
    private readonly views: TeamViews,
  ) {}

  @Post('new')
  @HttpCode(200)
  @Access('admin')
  async create(
    @ManagementBody(NewTeamDto) body: NewTeamDto,
    @CurrentActor() actor: Actor,
  ): Promise<TeamView> {
    return this.show(await this.manage.create(body, actor), actor);
  }

  @Get('info')
  @Access('self')
  info(@Query() query: Parameters, @CurrentCaller() caller: Caller) {
    return this.views.info(required(textIn(query, 'team_id'), 'team_id'), caller);
  }

  @Get('list')
  @Access('self')
  list(@Query() query: Parameters, @CurrentCaller() caller: Caller) {
    return this.views.list(query, caller);
  }

  @Post('update')
  @HttpCode(200)
  @Access('admin')
  async update(@ManagementBody(UpdateTeamDto) body: UpdateTeamDto, @CurrentActor() actor: Actor) {
    const team = await this.show(await this.manage.update(body, actor), actor);
    return { team_id: team.team_id, data: team };
  }

  @Post('delete')
  @HttpCode(200)
  @Access('admin')
  async delete(@ManagementBody(DeleteTeamsDto) body: DeleteTeamsDto, @CurrentActor() actor: Actor) {
    return { deleted_teams: await this.manage.delete(body.team_ids ?? [], actor) };
  }

  @Post('block')
  @HttpCode(200)
  @Access('admin')
  async block(@ManagementBody(TeamIdDto) { team_id = null }: TeamIdDto, @CurrentActor() actor: Actor) {
    return this.show(await this.manage.update({ team_id, blocked: true }, actor, 'team.blocked'), actor);
  }

  @Post('unblock')
  @HttpCode(200)
  @Access('admin')
  async unblock(@ManagementBody(TeamIdDto) { team_id = null }: TeamIdDto, @CurrentActor() actor: Actor) {
    return this.show(await this.manage.update({ team_id, blocked: false }, actor, 'team.unblocked'), actor);
  }

  @Post('model/add')
  @HttpCode(200)
  @Access('admin')
  addModels(@ManagementBody(TeamModelsDto) body: TeamModelsDto, @CurrentActor() actor: Actor) {
    return this.changeModels(body, true, actor);
  }

  @Post('model/delete')
  @HttpCode(200)
  @Access('admin')
  deleteModels(@ManagementBody(TeamModelsDto) body: TeamModelsDto, @CurrentActor() actor: Actor) {
    return this.changeModels(body, false, actor);
  }

  private async changeModels({ team_id, models }: TeamModelsDto, isAdded: boolean, actor: Actor) {
    const changed = await this.manage.changeModels(
      required(team_id, 'team_id'),
      models ?? [],
      isAdded,
      actor,
    );
    return this.show(changed, actor);
  }

  private async show(team: ShownTeam, { caller }: Actor): Promise<TeamView> {
    const [view] = await this.views.of([team], caller);
    if (!view) throw new Error('A team that was just written cannot be shown');
    return view;
  }
}
