import { Get, HttpCode, Post } from '@nestjs/common';
import { ManageTeams } from '@app/admin';
import { type Actor, CurrentActor } from '@app/audit';
import { Access, readDto } from '@app/call';
import { type TeamRow, TeamsService, UpdateTeamDto } from '@app/users';
import { changesOf, valuesOf } from '../forms/form-body.js';
import { fieldsOf, type Values } from '../forms/form-field.js';
import { formView } from '../forms/form.view.js';
import { type RefusedForm, submitForm } from '../forms/submit-form.js';
import { ModelNames } from '../model-names.js';
import { PageWriter } from '../page-writer.js';
import { CurrentVisit, Named, Pages } from '../pages.js';
import { paths, withQuery } from '../paths.js';
import { type Visit } from '../visitor.js';
import { teamSections } from './team-form.js';

const FIELDS = fieldsOf(teamSections([], false));

/** What is done to a team: edited, blocked, deleted. */
@Pages()
export class TeamActionsController {
  constructor(
    private readonly manage: ManageTeams,
    private readonly teams: TeamsService,
    private readonly models: ModelNames,
    private readonly writer: PageWriter,
  ) {}

  @Get('ui/teams/:id/edit')
  @Access('public')
  async edit(@CurrentVisit() visit: Visit, @Named('id') id: string): Promise<void> {
    const team = await this.named(id);
    this.form(visit, team, { values: valuesOfTeam(team) });
  }

  @Post('ui/teams/:id/edit')
  @HttpCode(200)
  @Access('public')
  async save(
    @CurrentVisit() visit: Visit,
    @CurrentActor() actor: Actor,
    @Named('id') id: string,
  ): Promise<void> {
    const team = await this.named(id);
    const refused = await submitForm(FIELDS, visit.form, async (values) => {
      const changes = changesOf(FIELDS, valuesOfTeam(team), values);
      await this.manage.update(readDto(UpdateTeamDto, { ...changes, team_id: id }), actor);
      this.writer.redirect(visit.res, withQuery(paths.team(id), { done: 'saved' }));
    });
    if (refused) this.form(visit, team, refused);
  }

  @Post('ui/teams/:id/block')
  @Access('public')
  async block(
    @CurrentVisit() { res, form }: Visit,
    @CurrentActor() actor: Actor,
    @Named('id') id: string,
  ): Promise<void> {
    const blocked = form.text('blocked') === 'true';
    const action = blocked ? 'team.blocked' : 'team.unblocked';
    await this.manage.update({ team_id: id, blocked }, actor, action);
    this.writer.redirect(res, withQuery(paths.team(id), { done: blocked ? 'blocked' : 'unblocked' }));
  }

  @Get('ui/teams/:id/delete')
  @Access('public')
  async askDelete(@CurrentVisit() visit: Visit, @Named('id') id: string): Promise<void> {
    const name = nameOf(await this.named(id));
    this.writer.send(visit, 'confirm', {
      title: 'Delete team',
      section: 'teams',
      name,
      heading: `Delete the team ${name}?`,
      consequences: [
        'All keys of the team are deleted with it. Calls with them get 401 within one second.',
        'Its members stay users; their budgets in this team go. Usage and logs stay.',
        'A deleted team cannot be brought back.',
      ],
      milder: 'Blocking refuses all of its keys and can be undone.',
      deed: 'Delete team',
      action: paths.deleteTeam(id),
      back: { href: paths.team(id) },
    });
  }

  @Post('ui/teams/:id/delete')
  @Access('public')
  async delete(
    @CurrentVisit() { res }: Visit,
    @CurrentActor() actor: Actor,
    @Named('id') id: string,
  ): Promise<void> {
    await this.manage.delete([id], actor);
    this.writer.redirect(res, withQuery(paths.teams, { done: 'deleted' }));
  }

  /** @throws NotFoundError */
  private async named(id: string): Promise<TeamRow> {
    return (await this.teams.one(id)).team.row;
  }

  private form(visit: Visit, team: TeamRow, state: Pick<RefusedForm, 'values'> & Partial<RefusedForm>): void {
    const sections = teamSections(this.models.all(), false);
    this.writer.send(visit, 'form', {
      title: 'Edit team',
      section: 'teams',
      httpStatus: state.mistakes ? 422 : 200,
      crumb: { href: paths.team(team.team_id), label: nameOf(team) },
      heading: 'Edit the team',
      intro: 'Changes hold from the next call on.',
      refused: 'The team was not changed.',
      action: paths.editTeam(team.team_id),
      submit: 'Save changes',
      form: formView({ sections, ...state }),
    });
  }
}

const valuesOfTeam = (team: TeamRow): Values =>
  valuesOf(FIELDS, { ...team, model_aliases: team.litellm_model_table?.['model_aliases'] ?? {} });

const nameOf = ({ team_alias, team_id }: TeamRow): string => team_alias ?? team_id;
