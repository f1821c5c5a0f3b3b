import { Get, HttpCode, Post } from '@nestjs/common';
import { ManageUsers } from '@app/admin';
import { type Actor, CurrentActor } from '@app/audit';
import { Access, NotFoundError, readDto } from '@app/call';
import { UpdateUserDto, type UserRow, UsersService } from '@app/users';
import { changesOf, valuesOf } from '../forms/form-body.js';
import { fieldsOf, type Values } from '../forms/form-field.js';
import { formView } from '../forms/form.view.js';
import { type RefusedForm, submitForm } from '../forms/submit-form.js';
import { ModelNames } from '../model-names.js';
import { PageWriter } from '../page-writer.js';
import { CurrentVisit, Named, Pages } from '../pages.js';
import { paths, withQuery } from '../paths.js';
import { type Visit } from '../visitor.js';
import { DEFAULT_ROLE, userSections } from './user-form.js';

/** What is done to a user: edited, blocked, deleted. */
@Pages()
export class UserActionsController {
  constructor(
    private readonly manage: ManageUsers,
    private readonly users: UsersService,
    private readonly models: ModelNames,
    private readonly writer: PageWriter,
  ) {}

  @Get('ui/users/:id/edit')
  @Access('public')
  async edit(@CurrentVisit() visit: Visit, @Named('id') id: string): Promise<void> {
    const user = await this.named(id);
    this.form(visit, user, { values: valuesOfUser(user) });
  }

  @Post('ui/users/:id/edit')
  @HttpCode(200)
  @Access('public')
  async save(
    @CurrentVisit() visit: Visit,
    @CurrentActor() actor: Actor,
    @Named('id') id: string,
  ): Promise<void> {
    const user = await this.named(id);
    const refused = await submitForm(FIELDS, visit.form, async (values) => {
      const changes = changesOf(FIELDS, valuesOfUser(user), values);
      await this.manage.update(readDto(UpdateUserDto, { ...changes, user_id: id }), actor);
      this.writer.redirect(visit.res, withQuery(paths.user(id), { done: 'saved' }));
    });
    if (refused) this.form(visit, user, refused);
  }

  @Post('ui/users/:id/block')
  @Access('public')
  async block(
    @CurrentVisit() { res, form }: Visit,
    @CurrentActor() actor: Actor,
    @Named('id') id: string,
  ): Promise<void> {
    const { user_id } = await this.named(id);
    const blocked = form.text('blocked') === 'true';
    await this.manage.update({ user_id, blocked }, actor);
    this.writer.redirect(res, withQuery(paths.user(id), { done: blocked ? 'blocked' : 'unblocked' }));
  }

  @Get('ui/users/:id/delete')
  @Access('public')
  async askDelete(@CurrentVisit() visit: Visit, @Named('id') id: string): Promise<void> {
    const name = nameOf(await this.named(id));
    this.writer.send(visit, 'confirm', {
      title: 'Delete user',
      section: 'users',
      name,
      heading: `Delete the user ${name}?`,
      consequences: [
        'All keys of the user are deleted with him. Calls with them get 401 within one second.',
        'He leaves his teams. Usage and logs stay.',
        'A deleted user cannot be brought back.',
      ],
      milder: 'Blocking refuses all of his keys and can be undone.',
      deed: 'Delete user',
      action: paths.deleteUser(id),
      back: { href: paths.user(id) },
    });
  }

  @Post('ui/users/:id/delete')
  @Access('public')
  async delete(
    @CurrentVisit() { res }: Visit,
    @CurrentActor() actor: Actor,
    @Named('id') id: string,
  ): Promise<void> {
    await this.manage.delete([id], actor);
    this.writer.redirect(res, withQuery(paths.users, { done: 'deleted' }));
  }

  /** @throws NotFoundError */
  private async named(id: string): Promise<UserRow> {
    const [user] = await this.users.find([id]);
    if (!user) throw new NotFoundError('There is no such user.', 'user_id');
    return user.row;
  }

  private form(visit: Visit, user: UserRow, state: Pick<RefusedForm, 'values'> & Partial<RefusedForm>): void {
    const sections = userSections(this.models.all(), false);
    this.writer.send(visit, 'form', {
      title: 'Edit user',
      section: 'users',
      httpStatus: state.mistakes ? 422 : 200,
      crumb: { href: paths.user(user.user_id), label: nameOf(user) },
      heading: 'Edit the user',
      intro: 'Changes hold from the next call on.',
      refused: 'The user was not changed.',
      action: paths.editUser(user.user_id),
      submit: 'Save changes',
      form: formView({ sections, ...state }),
    });
  }
}

const FIELDS = fieldsOf(userSections([], false));

const valuesOfUser = (user: UserRow): Values =>
  valuesOf(FIELDS, { ...user, user_role: user.user_role ?? DEFAULT_ROLE });

const nameOf = ({ user_alias, user_email, user_id }: UserRow): string => user_alias ?? user_email ?? user_id;
