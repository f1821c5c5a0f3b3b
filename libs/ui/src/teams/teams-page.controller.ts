import { Get, HttpCode, Inject, Post } from '@nestjs/common';
import { Directory, ManageTeams, TeamViews } from '@app/admin';
import { type Actor, CurrentActor } from '@app/audit';
import { Access, type JsonObject, NotFoundError, readDto } from '@app/call';
import { KeysService } from '@app/keys';
import { LimitsService } from '@app/limits';
import { NewTeamDto, TeamsService } from '@app/users';
import { newBody } from '../forms/form-body.js';
import { fieldsOf, type Values } from '../forms/form-field.js';
import { formView } from '../forms/form.view.js';
import { type RefusedForm, submitForm } from '../forms/submit-form.js';
import { ModelNames } from '../model-names.js';
import { KEYS_SHOWN } from '../owners/keys-panel.view.js';
import { readListQuery } from '../owners/list-query.js';
import { OwnerActivity } from '../owners/owner-activity.js';
import { PageWriter } from '../page-writer.js';
import { CurrentVisit, Named, Pages } from '../pages.js';
import { paths, withQuery } from '../paths.js';
import { type Visit } from '../visitor.js';
import { teamSections } from './team-form.js';
import { teamView } from './team-page.view.js';
import { TEAM_FILTERS, teamsView } from './teams.view.js';

const BLANK: Values = { period: '1mo', member_period: '1mo' };

/** Teams: found, made, looked at. */
@Pages()
export class TeamsPageController {
  @Inject(Directory) private readonly directory!: Directory;
  @Inject(ManageTeams) private readonly manage!: ManageTeams;
  @Inject(TeamsService) private readonly teams!: TeamsService;
  @Inject(TeamViews) private readonly views!: TeamViews;
  @Inject(KeysService) private readonly keys!: KeysService;
  @Inject(LimitsService) private readonly limits!: LimitsService;

  constructor(
    private readonly activity: OwnerActivity,
    private readonly models: ModelNames,
    private readonly writer: PageWriter,
  ) {}

  @Get('ui/teams')
  @Access('public')
  async index(@CurrentVisit() visit: Visit): Promise<void> {
    const query = readListQuery(visit.query, TEAM_FILTERS);
    const { caller, mayWrite } = visit.visitor;
    const [{ rows: teams, next }, count] = await Promise.all([
      this.directory.teamsPage(query, caller),
      this.directory.count('team'),
    ]);
    const view = teamsView({ query, teams, next, count, mayWrite, done: visit.query.get('done') });
    this.writer.send(visit, 'teams', { title: 'Teams', section: 'teams', ...view });
  }

  @Get('ui/teams/new')
  @Access('public')
  blank(@CurrentVisit() visit: Visit): void {
    this.form(visit, { values: BLANK });
  }

  @Post('ui/teams/new')
  @HttpCode(200)
  @Access('public')
  async create(@CurrentVisit() visit: Visit, @CurrentActor() actor: Actor): Promise<void> {
    const fields = fieldsOf(teamSections([], true));
    const refused = await submitForm(fields, visit.form, async (values) => {
      const dto = readDto(NewTeamDto, withMembers(newBody(fields, values)));
      const { team } = await this.manage.create(dto, actor);
      this.writer.redirect(visit.res, withQuery(paths.team(team.row.team_id), { done: 'created' }));
    });
    if (refused) this.form(visit, refused);
  }

  @Get('ui/teams/:id')
  @Access('public')
  async show(@CurrentVisit() visit: Visit, @Named('id') id: string): Promise<void> {
    const { caller, mayWrite } = visit.visitor;
    const [[team], keys, activity] = await Promise.all([
      this.teams.find([id]).then((found) => this.views.of(found, caller)),
      this.keys.views({ teamIds: [id] }, KEYS_SHOWN + 1),
      this.activity.of({ teamId: id }),
    ]);
    if (!team) throw new NotFoundError('There is no such team.', 'team_id');
    const left = this.limits.left(`team:${id}`);
    const view = teamView({ team, keys, left, activity, mayWrite, done: visit.query.get('done') });
    this.writer.send(visit, 'team', { title: team.team_alias ?? id, section: 'teams', ...view });
  }

  private form(visit: Visit, state: Pick<RefusedForm, 'values'> & Partial<RefusedForm>): void {
    const sections = teamSections(this.models.all(), true);
    this.writer.send(visit, 'form', {
      title: 'Add a team',
      section: 'teams',
      httpStatus: state.mistakes ? 422 : 200,
      crumb: { href: paths.teams, label: 'Teams' },
      heading: 'Add a team',
      intro: 'Everything can stay empty.',
      refused: 'The team was not added.',
      action: paths.newTeam,
      submit: 'Add team',
      form: formView({ sections, ...state }),
    });
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
