import { Inject } from '@nestjs/common';
import { type DirectoryQuery, ManageUsers, SpentAmounts } from '@app/admin';
import { type Actor } from '@app/audit';
import { type JsonObject, NotFoundError, readDto } from '@app/call';
import { KeysService } from '@app/keys';
import { LimitsService } from '@app/limits';
import { NewUserDto, type Shown, TeamsService, UpdateUserDto, type UserRow, UsersService } from '@app/users';
import { valuesOf } from '../forms/form-body.js';
import { fieldsOf, type Values } from '../forms/form-field.js';
import { KEYS_SHOWN } from '../owners/keys-panel.view.js';
import { OwnerActivity } from '../owners/owner-activity.js';
import { BlockableOwnerPages, type OwnerList, type OwnerView } from '../owners/owner-pages.js';
import { Pages } from '../pages.js';
import { paths } from '../paths.js';
import { DEFAULT_ROLE, userSections } from './user-form.js';
import { userView } from './user-page.view.js';
import { USER_WORDS } from './user-words.js';
import { userRows } from './users.view.js';

const FIELDS = fieldsOf(userSections([], false));

@Pages(paths.users)
export class UsersPageController extends BlockableOwnerPages<UserRow> {
  @Inject(ManageUsers) private readonly manage!: ManageUsers;
  @Inject(UsersService) private readonly users!: UsersService;
  @Inject(TeamsService) private readonly teams!: TeamsService;
  @Inject(SpentAmounts) private readonly spent!: SpentAmounts;
  @Inject(KeysService) private readonly keys!: KeysService;
  @Inject(LimitsService) private readonly limits!: LimitsService;
  @Inject(OwnerActivity) private readonly activity!: OwnerActivity;

  protected readonly words = USER_WORDS;
  protected readonly sections = userSections;
  protected readonly blank = (): Values => ({ user_role: DEFAULT_ROLE, period: '1mo' });
  protected readonly nameOf = ({ user_alias, user_email, user_id }: UserRow): string =>
    user_alias ?? user_email ?? user_id;
  protected readonly valuesOf = (user: UserRow): Values =>
    valuesOf(FIELDS, { ...user, user_role: user.user_role ?? DEFAULT_ROLE });

  protected async list(query: DirectoryQuery): Promise<OwnerList> {
    const { rows, next } = await this.directory.usersPage(query);
    return { rows: userRows(rows), next };
  }

  protected async page(id: string): Promise<OwnerView> {
    const found = await this.found(id);
    const [user, keys, activity, teams] = await Promise.all([
      this.spent.addOne(found),
      this.keys.views({ userIds: [id] }, KEYS_SHOWN + 1),
      this.activity.of({ userId: id }),
      this.teams.aliasesOf(found.row.teams),
    ]);
    const left = this.limits.left(found.scope);
    return { title: user.user_alias ?? id, view: userView({ user, keys, teams, left, activity }) };
  }

  protected async named(id: string): Promise<UserRow> {
    return (await this.found(id)).row;
  }

  protected async add(body: JsonObject, actor: Actor): Promise<string> {
    const { user } = await this.manage.create(
      readDto(NewUserDto, { ...body, auto_create_key: false }),
      actor,
    );
    return user.row.user_id;
  }

  protected change(id: string, changes: JsonObject, actor: Actor): Promise<unknown> {
    return this.manage.update(readDto(UpdateUserDto, { ...changes, user_id: id }), actor);
  }

  protected async setBlocked(id: string, blocked: boolean, actor: Actor): Promise<void> {
    const { user_id } = await this.named(id);
    await this.manage.update({ user_id, blocked }, actor);
  }

  protected remove(id: string, actor: Actor): Promise<unknown> {
    return this.manage.delete([id], actor);
  }

  private async found(id: string): Promise<Shown<UserRow>> {
    const [found] = await this.users.find([id]);
    if (!found) throw new NotFoundError('There is no such user.', 'user_id');
    return found;
  }
}
