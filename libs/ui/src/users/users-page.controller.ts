import { Get, HttpCode, Inject, Post } from '@nestjs/common';
import { Directory, ManageUsers, SpentAmounts } from '@app/admin';
import { type Actor, CurrentActor } from '@app/audit';
import { Access, NotFoundError, readDto } from '@app/call';
import { KeysService } from '@app/keys';
import { LimitsService } from '@app/limits';
import { NewUserDto, TeamsService, UsersService } from '@app/users';
import { newBody } from '../forms/form-body.js';
import { fieldsOf, type Values } from '../forms/form-field.js';
import { formView } from '../forms/form.view.js';
import { type RefusedForm, submitForm } from '../forms/submit-form.js';
import { KEYS_SHOWN } from '../owners/keys-panel.view.js';
import { readListQuery } from '../owners/list-query.js';
import { OwnerActivity } from '../owners/owner-activity.js';
import { ModelNames } from '../model-names.js';
import { PageWriter } from '../page-writer.js';
import { CurrentVisit, Named, Pages } from '../pages.js';
import { paths, withQuery } from '../paths.js';
import { type Visit } from '../visitor.js';
import { DEFAULT_ROLE, userSections } from './user-form.js';
import { userView } from './user-page.view.js';
import { USER_FILTERS, usersView } from './users.view.js';

const BLANK: Values = { user_role: DEFAULT_ROLE, period: '1mo' };

/** Users: found, made, looked at. */
@Pages()
export class UsersPageController {
  @Inject(Directory) private readonly directory!: Directory;
  @Inject(ManageUsers) private readonly manage!: ManageUsers;
  @Inject(UsersService) private readonly users!: UsersService;
  @Inject(TeamsService) private readonly teams!: TeamsService;
  @Inject(SpentAmounts) private readonly spent!: SpentAmounts;
  @Inject(KeysService) private readonly keys!: KeysService;
  @Inject(LimitsService) private readonly limits!: LimitsService;

  constructor(
    private readonly activity: OwnerActivity,
    private readonly models: ModelNames,
    private readonly writer: PageWriter,
  ) {}

  @Get('ui/users')
  @Access('public')
  async index(@CurrentVisit() visit: Visit): Promise<void> {
    const query = readListQuery(visit.query, USER_FILTERS);
    const [{ rows: users, next }, count] = await Promise.all([
      this.directory.usersPage(query),
      this.directory.count('user'),
    ]);
    const { mayWrite } = visit.visitor;
    const view = usersView({ query, users, next, count, mayWrite, done: visit.query.get('done') });
    this.writer.send(visit, 'users', { title: 'Users', section: 'users', ...view });
  }

  @Get('ui/users/new')
  @Access('public')
  blank(@CurrentVisit() visit: Visit): void {
    this.form(visit, { values: BLANK });
  }

  @Post('ui/users/new')
  @HttpCode(200)
  @Access('public')
  async create(@CurrentVisit() visit: Visit, @CurrentActor() actor: Actor): Promise<void> {
    const fields = fieldsOf(userSections([], true));
    const refused = await submitForm(fields, visit.form, async (values) => {
      const dto = readDto(NewUserDto, { ...newBody(fields, values), auto_create_key: false });
      const { user } = await this.manage.create(dto, actor);
      this.writer.redirect(visit.res, withQuery(paths.user(user.row.user_id), { done: 'created' }));
    });
    if (refused) this.form(visit, refused);
  }

  @Get('ui/users/:id')
  @Access('public')
  async show(@CurrentVisit() visit: Visit, @Named('id') id: string): Promise<void> {
    const [found] = await this.users.find([id]);
    if (!found) throw new NotFoundError('There is no such user.', 'user_id');
    const [user, keys, activity, teams] = await Promise.all([
      this.spent.addOne(found),
      this.keys.views({ userIds: [id] }, KEYS_SHOWN + 1),
      this.activity.of({ userId: id }),
      this.teams.aliasesOf(found.row.teams),
    ]);
    const view = userView({
      user,
      keys,
      teams,
      left: this.limits.left(`user:${id}`),
      activity,
      mayWrite: visit.visitor.mayWrite,
      done: visit.query.get('done'),
    });
    this.writer.send(visit, 'user', { title: user.user_alias ?? id, section: 'users', ...view });
  }

  private form(visit: Visit, state: Pick<RefusedForm, 'values'> & Partial<RefusedForm>): void {
    const sections = userSections(this.models.all(), true);
    this.writer.send(visit, 'form', {
      title: 'Add a user',
      section: 'users',
      httpStatus: state.mistakes ? 422 : 200,
      crumb: { href: paths.users, label: 'Users' },
      heading: 'Add a user',
      intro: 'Everything can stay empty.',
      refused: 'The user was not added.',
      action: paths.newUser,
      submit: 'Add user',
      form: formView({ sections, ...state }),
    });
  }
}
