import { Controller, HttpCode, Post } from '@nestjs/common';
import { type Actor, CurrentActor } from '@app/audit';
import { Access, BadRequestError, GatewayError, type JsonObject, ManagementBody, readDto } from '@app/call';
import { UpdateUserDto, UsersService } from '@app/users';
import { BulkUsersDto, MAX_USERS } from '../dto/bulk-users.dto.js';
import { ManageUsers } from './manage-users.js';
import { SpentAmounts } from './spent-amounts.js';
import { withoutEmpty } from './without-empty.js';

/** How it went with one user. */
interface UserResult {
  readonly user_id: string | null;
  readonly user_email: string | null;
  readonly success: boolean;
  /** Why not; null when it was changed. */
  readonly error: string | null;
  readonly updated_user: object | null;
}

/** How each of many changes went. */
interface BulkUserResult {
  readonly results: UserResult[];
  readonly total_requested: number;
  readonly successful_updates: number;
  readonly failed_updates: number;
}

/** Many users at once, each for itself: one that cannot be changed does not keep the others from it. */
@Controller('user')
export class UsersBulkController {
  constructor(
    private readonly manage: ManageUsers,
    private readonly users: UsersService,
    private readonly spent: SpentAmounts,
  ) {}

  @Post('bulk_update')
  @HttpCode(200)
  @Access('admin')
  async update(
    @ManagementBody(BulkUsersDto) body: BulkUsersDto,
    @CurrentActor() actor: Actor,
  ): Promise<BulkUserResult> {
    const results: UserResult[] = [];
    for (const change of await this.changesOf(body)) results.push(await this.change(change, actor));
    const good = results.filter(({ success }) => success).length;
    return {
      results,
      total_requested: results.length,
      successful_updates: good,
      failed_updates: results.length - good,
    };
  }

  private async changesOf({ users, all_users, user_updates }: BulkUsersDto): Promise<readonly JsonObject[]> {
    if (users && (all_users || user_updates))
      throw new BadRequestError('Send either `users`, or `all_users` with `user_updates`.', 'users');
    if (users) return users;
    if (all_users !== true || !user_updates)
      throw new BadRequestError('Send `users`, or `all_users: true` with `user_updates`.', 'users');
    if ('user_id' in user_updates || 'user_email' in user_updates)
      throw new BadRequestError('What all users get cannot be an id or an address.', 'user_updates');
    const ids = await this.users.ids(MAX_USERS + 1);
    if (ids.length > MAX_USERS)
      throw new BadRequestError(
        `There are more than ${MAX_USERS} users: change them in parts with \`users\`.`,
        'all_users',
      );
    return ids.map((id) => ({ ...user_updates, user_id: id }));
  }

  private async change(change: JsonObject, actor: Actor): Promise<UserResult> {
    const textOf = (name: string): string | null => {
      const value = change[name];
      return typeof value === 'string' ? value : null;
    };
    const named = { user_id: textOf('user_id'), user_email: textOf('user_email') };
    try {
      if (!named.user_id && !named.user_email)
        throw new BadRequestError('Name the user by `user_id` or `user_email`.', 'user_id');
      const fields = withoutEmpty(readDto(UpdateUserDto, change));
      const user = await this.spent.addOne(await this.manage.update(fields, actor));
      return { ...named, user_id: user.user_id, success: true, error: null, updated_user: user };
    } catch (error) {
      if (!(error instanceof GatewayError) || error.status >= 500 || error.status === 401) throw error;
      return { ...named, success: false, error: error.message, updated_user: null };
    }
  }
}
