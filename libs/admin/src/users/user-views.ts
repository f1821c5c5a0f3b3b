import { Inject, Injectable } from '@nestjs/common';
import { type Caller, NotFoundError, PermissionError } from '@app/call';
import { isPlain, seesEverything, TeamsService, UsersService } from '@app/users';
import { TeamViews, type TeamView } from '../teams/team-views.js';
import { KeyCounts } from './key-counts.js';
import { type KeyRow, KeysOf } from './keys-of.js';
import { countIn, isDescending, listIn, type Query, textIn } from './query-values.js';
import { SpentAmounts } from './spent-amounts.js';

const PAGE_SIZE = 25;
const MAX_PAGE_SIZE = 100;
const MAX_PAGE = 1_000_000;

/** What `/user/info` and `/user/list` answer. */
@Injectable()
export class UserViews {
  @Inject(TeamsService) private readonly teams!: TeamsService;
  @Inject(KeyCounts) private readonly keyCounts!: KeyCounts;

  constructor(
    private readonly users: UsersService,
    private readonly teamViews: TeamViews,
    private readonly keysOf: KeysOf,
    private readonly spent: SpentAmounts,
  ) {}

  /**
   * One user with keys and teams; for who sees everything and names nobody, all keys and teams. For everybody else a foreign
   * user and one that does not exist are the same. @throws PermissionError, NotFoundError
   */
  async info(query: Query, caller: Caller) {
    const asked = textIn(query, 'user_id');
    if (asked === null && seesEverything(caller)) return this.everything(caller);
    const userId = rawId(asked ?? caller.userId ?? '');
    if (!seesEverything(caller) && (isPlain(caller) || userId !== caller.userId)) {
      throw new PermissionError('You may only see your own user.', 'auth_error', 'user_id');
    }
    const [user] = await this.users.find([userId]);
    if (!user) throw new NotFoundError(`User ${userId} not found`, 'user_id');
    const inside = seesEverything(caller) ? null : caller.teamId;
    const teamIds = user.row.teams.filter((id) => inside === null || id === inside);
    const [row, teams, keys] = await Promise.all([
      this.spent.addOne(user),
      this.teams.find(teamIds).then((found) => this.teamViews.of(found, caller)),
      inside === null ? this.keysOf.user(userId) : this.keysOf.member(inside, userId),
    ]);
    return { user_id: userId, user_info: row, keys, teams };
  }

  async list(query: Query) {
    const page = countIn(query, 'page', 1, MAX_PAGE);
    const pageSize = countIn(query, 'page_size', PAGE_SIZE, MAX_PAGE_SIZE);
    const { rows, total } = await this.users.page({
      role: textIn(query, 'role'),
      userIds: listIn(query, 'user_ids'),
      ssoUserIds: listIn(query, 'sso_user_ids'),
      emailPart: textIn(query, 'user_email'),
      teamId: textIn(query, 'team'),
      sortBy: textIn(query, 'sort_by'),
      descending: isDescending(query, textIn(query, 'sort_by') === null),
      page,
      pageSize,
    });
    const [users, counts] = await Promise.all([
      this.spent.add(rows),
      this.keyCounts.of(rows.map(({ row }) => row.user_id)),
    ]);
    return {
      users: users.map((user) => ({ ...user, key_count: counts.get(user.user_id) ?? 0 })),
      total,
      page,
      page_size: pageSize,
      total_pages: Math.ceil(total / pageSize),
    };
  }

  private async everything(
    caller: Caller,
  ): Promise<{ user_id: null; user_info: null; keys: KeyRow[]; teams: TeamView[] }> {
    const [teams, keys] = await Promise.all([this.teamViews.newest(caller), this.keysOf.newest(caller)]);
    return { user_id: null, user_info: null, keys, teams };
  }
}

/** In a URL `+` stands for a space, but in an id that is an address it means itself. */
const rawId = (id: string): string => (id.includes('@') ? id.replaceAll(' ', '+') : id);
