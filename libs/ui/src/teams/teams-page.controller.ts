import { Inject } from '@nestjs/common';
import { type DirectoryQuery, ManageTeams, TeamViews } from '@app/admin';
import { type Actor } from '@app/audit';
import { type JsonObject, NotFoundError, readDto } from '@app/call';
import { KeysService } from '@app/keys';
import { LimitsService } from '@app/limits';
import { NewTeamDto, type TeamRow, TeamsService, UpdateTeamDto } from '@app/users';
import { valuesOf } from '../forms/form-body.js';
import { fieldsOf, type Values } from '../forms/form-field.js';
import { KEYS_SHOWN } from '../owners/keys-panel.view.js';
import { OwnerActivity } from '../owners/owner-activity.js';
import { BlockableOwnerPages, type OwnerList, type OwnerView } from '../owners/owner-pages.js';
import { Pages } from '../pages.js';
import { paths } from '../paths.js';
import { type Visit } from '../visitor.js';
import { teamSections } from './team-form.js';
import { teamView } from './team-page.view.js';
import { TEAM_WORDS } from './team-words.js';
import { teamRows } from './teams.view.js';

const FIELDS = fieldsOf(teamSections([], false));

@Pages(paths.teams)
export class TeamsPageController extends BlockableOwnerPages<TeamRow> {
  @Inject(ManageTeams) private readonly manage!: ManageTeams;
  @Inject(TeamsService) private readonly teams!: TeamsService;
  @Inject(TeamViews) private readonly views!: TeamViews;
  @Inject(KeysService) private readonly keys!: KeysService;
  @Inject(LimitsService) private readonly limits!: LimitsService;
  @Inject(OwnerActivity) private readonly activity!: OwnerActivity;

  protected readonly words = TEAM_WORDS;
  protected readonly sections = teamSections;
  protected readonly blank = (): Values => ({ period: '1mo', member_period: '1mo' });
  protected readonly nameOf = ({ team_alias, team_id }: TeamRow): string => team_alias ?? team_id;
  protected readonly valuesOf = (team: TeamRow): Values =>
    valuesOf(FIELDS, { ...team, model_aliases: team.litellm_model_table?.['model_aliases'] ?? {} });

  protected async list(query: DirectoryQuery, { visitor }: Visit): Promise<OwnerList> {
    const { rows, next } = await this.directory.teamsPage(query, visitor.caller);
    return { rows: teamRows(rows), next };
  }

  protected async page(id: string, { visitor }: Visit): Promise<OwnerView> {
    const [[team], keys, activity] = await Promise.all([
      this.teams.find([id]).then((found) => this.views.of(found, visitor.caller)),
      this.keys.views({ teamIds: [id] }, KEYS_SHOWN + 1),
      this.activity.of({ teamId: id }),
    ]);
    if (!team) throw new NotFoundError('There is no such team.', 'team_id');
    const left = this.limits.left(`team:${id}`);
    const view = teamView({ team, keys, left, activity, mayWrite: visitor.mayWrite });
    return { title: team.team_alias ?? id, view };
  }

  protected async named(id: string): Promise<TeamRow> {
    return (await this.teams.one(id)).team.row;
  }

  protected async add(body: JsonObject, actor: Actor): Promise<string> {
    const { team } = await this.manage.create(readDto(NewTeamDto, withMembers(body)), actor);
    return team.row.team_id;
  }

  protected change(id: string, changes: JsonObject, actor: Actor): Promise<unknown> {
    return this.manage.update(readDto(UpdateTeamDto, { ...changes, team_id: id }), actor);
  }

  protected setBlocked(id: string, blocked: boolean, actor: Actor): Promise<unknown> {
    return this.manage.update({ team_id: id, blocked }, actor, blocked ? 'team.blocked' : 'team.unblocked');
  }

  protected remove(id: string, actor: Actor): Promise<unknown> {
    return this.manage.delete([id], actor);
  }
}

/** Members are named by id, or by the address that is in what was written. */
function withMembers({ members, ...body }: JsonObject): JsonObject {
  if (!Array.isArray(members)) return body;
  const named = (members as string[]).map((name) => ({ role: 'user', ...memberNamed(name) }));
  return { ...body, members_with_roles: named };
}

export const memberNamed = (name: string): { user_email: string } | { user_id: string } =>
  name.includes('@') ? { user_email: name } : { user_id: name };
