import { Controller, Get, Header, HttpCode, Post, Query } from '@nestjs/common';
import { type Actor, CurrentActor } from '@app/audit';
import { Access, type Caller, CurrentCaller, ManagementBody } from '@app/call';
import { DeleteUsersDto, NewUserDto, UpdateUserDto } from '@app/users';
import { ManageUsers } from './manage-users.js';
import { type Query as Parameters } from './query-values.js';
import { SpentAmounts } from './spent-amounts.js';
import { UserViews } from './user-views.js';
import { withoutEmpty } from './without-empty.js';

@Controller('user')
export class UsersController {
  constructor(
    private readonly manage: ManageUsers,
    private readonly views: UserViews,
    private readonly spent: SpentAmounts,
  ) {}

  /** The user and, unless `auto_create_key` is false, a key: its credential is in this answer and nowhere else. */
  @Post('new')
  @HttpCode(200)
  @Access('admin')
  async create(@ManagementBody(NewUserDto) body: NewUserDto, @CurrentActor() actor: Actor) {
    const { user, key } = await this.manage.create(body, actor);
    const row = await this.spent.addOne(user);
    return {
      ...row,
      key: key?.key ?? '',
      key_alias: key?.key_alias ?? null,
      key_name: key?.key_name ?? null,
      expires: key?.expires ?? null,
      team_id: body.team_id ?? null,
      duration: body.duration ?? null,
      aliases: key?.aliases ?? {},
    };
  }

  @Get('info')
  @Access('self')
  info(@Query() query: Parameters, @CurrentCaller() caller: Caller) {
    return this.views.info(query, caller);
  }

  @Get('list')
  @Access('admin')
  list(@Query() query: Parameters) {
    return this.views.list(query);
  }

  @Post('update')
  @HttpCode(200)
  @Access('admin')
  async update(@ManagementBody(UpdateUserDto) body: UpdateUserDto, @CurrentActor() actor: Actor) {
    const user = await this.spent.addOne(await this.manage.update(withoutEmpty(body), actor));
    return { user_id: user.user_id, data: user };
  }

  /** How many were deleted, as a bare number. */
  @Post('delete')
  @HttpCode(200)
  @Header('content-type', 'application/json; charset=utf-8')
  @Access('admin')
  delete(
    @ManagementBody(DeleteUsersDto) body: DeleteUsersDto,
    @CurrentActor() actor: Actor,
  ): Promise<number> {
    return this.manage.delete(body.user_ids ?? [], actor);
  }
}
