import { Get, HttpCode, Inject, Post } from '@nestjs/common';
import { ManageMembers } from '@app/admin';
import { type Actor, CurrentActor } from '@app/audit';
import { Access, NotFoundError, readDto } from '@app/call';
import { AddMembersDto, type ShownTeam, TeamsService, UpdateMemberDto } from '@app/users';
import { bodyOf, changesOf, newBody, valuesOf } from '../forms/form-body.js';
import { type Field, fieldsOf, type FormSection, textOf, type Values } from '../forms/form-field.js';
import { type FilledForm, formPage, type FormWords } from '../forms/form-page.js';
import { submitForm } from '../forms/submit-form.js';
import { PageWriter } from '../page-writer.js';
import { CurrentVisit, Named, Pages } from '../pages.js';
import { paths } from '../paths.js';
import { type Visit } from '../visitor.js';
import { memberSections } from './team-form.js';
import { memberNamed } from './teams-page.controller.js';

const NEW: readonly FormSection[] = memberSections(true);
const PRESENT: readonly FormSection[] = memberSections(false);

interface MemberForm {
  readonly teamId: string;
  readonly sections: readonly FormSection[];
  readonly heading: string;
  readonly submit: string;
  readonly action: string;
}

/** Who is in a team: added, changed, removed. */
@Pages()
export class TeamMembersPageController {
  @Inject(TeamsService) private readonly teams!: TeamsService;

  constructor(
    private readonly members: ManageMembers,
    private readonly writer: PageWriter,
  ) {}

  @Get('ui/teams/:id/members/new')
  @Access('public')
  async blank(@CurrentVisit() visit: Visit, @Named('id') id: string): Promise<void> {
    await this.teams.one(id);
    this.form(visit, newForm(id), { values: { role: 'user' } });
  }

  @Post('ui/teams/:id/members/new')
  @HttpCode(200)
  @Access('public')
  async add(
    @CurrentVisit() visit: Visit,
    @CurrentActor() actor: Actor,
    @Named('id') id: string,
  ): Promise<void> {
    const fields = fieldsOf(NEW);
    const refused = await submitForm(withNames(fields), visit.form, async (values) => {
      const { max_budget_in_team, rpm_limit, tpm_limit } = newBody(fields, values);
      const named = memberNamed(textOf(values, 'member'));
      const member = { ...named, role: textOf(values, 'role') };
      const budget = max_budget_in_team === undefined ? {} : { max_budget_in_team };
      const { added } = await this.members.add(
        readDto(AddMembersDto, { team_id: id, member, ...budget }),
        actor,
      );
      const rates = {
        ...(rpm_limit !== undefined && { rpm_limit }),
        ...(tpm_limit !== undefined && { tpm_limit }),
      };
      if (Object.keys(rates).length > 0) {
        const dto = { team_id: id, user_id: added[0] ?? '', ...rates };
        await this.members.update(readDto(UpdateMemberDto, dto), actor);
      }
      this.done(visit, id, 'member-added');
    });
    if (refused) this.form(visit, newForm(id), refused);
  }

  @Get('ui/teams/:id/members/:user/edit')
  @Access('public')
  async edit(
    @CurrentVisit() visit: Visit,
    @Named('id') id: string,
    @Named('user') user: string,
  ): Promise<void> {
    const team = await this.teams.one(id);
    this.form(visit, presentForm(id, user), { values: valuesOfMember(team, user) });
  }

  @Post('ui/teams/:id/members/:user/edit')
  @HttpCode(200)
  @Access('public')
  async save(
    @CurrentVisit() visit: Visit,
    @CurrentActor() actor: Actor,
    @Named('id') id: string,
    @Named('user') user: string,
  ): Promise<void> {
    const fields = fieldsOf(PRESENT);
    const before = valuesOfMember(await this.teams.one(id), user);
    const refused = await submitForm(fields, visit.form, async (values) => {
      const changes = changesOf(fields, before, { ...before, ...values });
      const dto = { ...changes, team_id: id, user_id: user, role: bodyOf(fields, values)['role'] ?? null };
      await this.members.update(readDto(UpdateMemberDto, dto), actor);
      this.done(visit, id, 'member-saved');
    });
    if (refused) this.form(visit, presentForm(id, user), refused);
  }

  @Get('ui/teams/:id/members/:user/remove')
  @Access('public')
  async askRemove(
    @CurrentVisit() visit: Visit,
    @Named('id') id: string,
    @Named('user') user: string,
  ): Promise<void> {
    const { team } = await this.teams.one(id);
    const name = team.row.team_alias ?? id;
    this.writer.send(visit, 'confirm', {
      title: 'Remove member',
      section: 'teams',
      name,
      heading: `Remove ${user} from ${name}?`,
      consequences: [
        'His keys of this team are deleted. Calls with them get 401 within one second.',
        'His budget in this team goes. The user himself, his other keys, usage and logs stay.',
      ],
      milder: '',
      deed: 'Remove member',
      action: paths.removeMember(id, user),
      back: { href: paths.team(id) },
    });
  }

  @Post('ui/teams/:id/members/:user/remove')
  @Access('public')
  async remove(
    @CurrentVisit() visit: Visit,
    @CurrentActor() actor: Actor,
    @Named('id') id: string,
    @Named('user') user: string,
  ): Promise<void> {
    await this.members.remove({ team_id: id, user_id: user }, actor);
    this.done(visit, id, 'member-removed');
  }

  private done({ res }: Visit, teamId: string, done: string): void {
    this.writer.done(res, paths.team(teamId), done);
  }

  private form(
    visit: Visit,
    { teamId, sections, heading, submit, action }: MemberForm,
    state: FilledForm,
  ): void {
    const crumb = { href: paths.team(teamId), label: 'Team' };
    const words: FormWords = {
      section: 'teams',
      crumb,
      heading,
      intro: '',
      refused: 'Nothing was changed.',
      action,
      submit,
    };
    this.writer.send(visit, 'form', formPage(words, sections, state));
  }
}

const newForm = (teamId: string): MemberForm => ({
  teamId,
  sections: NEW,
  heading: 'Add a member',
  submit: 'Add member',
  action: paths.newMember(teamId),
});

const presentForm = (teamId: string, user: string): MemberForm => ({
  teamId,
  sections: PRESENT,
  heading: `Change ${user}`,
  submit: 'Save changes',
  action: paths.editMember(teamId, user),
});

/** Services name a member by his id. */
const withNames = (fields: readonly Field[]): Field[] =>
  fields.map((field) => (field.id === 'member' ? { ...field, wire: 'user_id' } : field));

/** @throws NotFoundError */
function valuesOfMember({ team, memberships }: ShownTeam, userId: string): Values {
  const member = team.row.members_with_roles.find(({ user_id }) => user_id === userId);
  if (!member) throw new NotFoundError('This user is no member of the team.', 'user_id');
  const own = memberships.find(({ row }) => row.user_id === userId)?.row.litellm_budget_table;
  const limits = own && { ...own, max_budget_in_team: own.max_budget };
  return valuesOf(fieldsOf(PRESENT), { ...limits, role: member.role });
}
