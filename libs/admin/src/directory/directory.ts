import { Inject, Injectable } from '@nestjs/common';
import { type Caller } from '@app/call';
import { KeysService, type TokenView } from '@app/keys';
import {
  type BudgetRow,
  BudgetsService,
  type CustomerRow,
  CustomersService,
  TeamsService,
  type UserRow,
  UsersService,
} from '@app/users';
import { TeamViews, type TeamView } from '../teams/team-views.js';
import { KeyCounts } from '../users/key-counts.js';
import { SpentAmounts } from '../users/spent-amounts.js';
import { withBudget } from './key-with-budget.js';
import { DirectoryIds } from './directory-ids.js';
import { type DirectoryKind } from './directory-kinds.js';
import { type DirectoryQuery } from './directory-query.js';

/** A row with what it has spent, in USD: in the running window of its budget, or in all. */
export type WithSpend<Row> = Row & { readonly spend: number };
/** A user, and how many keys stand for it. */
export type ListedUser = WithSpend<UserRow> & { readonly keys: number };
/** A key as `/key/list` shows it, with what it has spent. */
export type ListedKey = WithSpend<TokenView>;
/** A team, and how many keys belong to it. */
export type ListedTeam = TeamView & { readonly keys: number };

/** One page of a list, in the order that was asked for. */
export interface DirectoryPage<Row> {
  readonly rows: readonly Row[];
  /** The cursor of the page that follows; null at the end. */
  readonly next: string | null;
}

/** The lists of users, teams, customers and budgets, a page at a time, whatever their length. */
@Injectable()
export class Directory {
  @Inject(KeysService) private readonly keys!: KeysService;
  @Inject(UsersService) private readonly users!: UsersService;
  @Inject(TeamsService) private readonly teams!: TeamsService;
  @Inject(CustomersService) private readonly customers!: CustomersService;
  @Inject(BudgetsService) private readonly budgets!: BudgetsService;

  constructor(
    private readonly ids: DirectoryIds,
    private readonly spent: SpentAmounts,
    private readonly keyCounts: KeyCounts,
    private readonly teamViews: TeamViews,
  ) {}

  /** Exact for few, an estimate for many thousand. */
  count(kind: DirectoryKind): Promise<number> {
    return this.ids.count(kind);
  }

  /** @throws BadRequestError for a cursor that is none, UnavailableError */
  async keysPage(query: DirectoryQuery): Promise<DirectoryPage<ListedKey>> {
    const { ids, next } = await this.ids.page('key', query);
    return { rows: await this.keysWithSpend(await this.keys.named(ids)), next };
  }

  /**
   * Keys with the limits of the budgets that they share, and what they have spent in the running window; where there is
   * none, in all.
   */
  async keysWithSpend(keys: readonly TokenView[]): Promise<ListedKey[]> {
    const shared = keys.map(({ budget_id }) => budget_id).filter((id) => id !== null);
    const budgets = await this.budgets.find([...new Set(shared)]);
    const byId = new Map(budgets.map((budget) => [budget.budget_id, budget]));
    const bound = keys.map((key) => withBudget(key, byId.get(key.budget_id ?? '') ?? null));
    return this.spent.add(bound);
  }

  /** @throws BadRequestError for a cursor that is none, UnavailableError */
  async usersPage(query: DirectoryQuery): Promise<DirectoryPage<ListedUser>> {
    const { ids, next } = await this.ids.page('user', query);
    const [rows, counts] = await Promise.all([
      this.users.find(ids).then((found) => this.spent.add(found)),
      this.keyCounts.of(ids),
    ]);
    return { rows: rows.map((row) => ({ ...row, keys: counts.get(row.user_id) ?? 0 })), next };
  }

  /** @throws BadRequestError for a cursor that is none, UnavailableError */
  async teamsPage(query: DirectoryQuery, caller: Caller): Promise<DirectoryPage<ListedTeam>> {
    const { ids, next } = await this.ids.page('team', query);
    const [rows, counts] = await Promise.all([
      this.teams.find(ids).then((found) => this.teamViews.of(found, caller)),
      this.keyCounts.ofTeams(ids),
    ]);
    return { rows: rows.map((row) => ({ ...row, keys: counts.get(row.team_id) ?? 0 })), next };
  }

  /** @throws BadRequestError for a cursor that is none, UnavailableError */
  async customersPage(query: DirectoryQuery): Promise<DirectoryPage<WithSpend<CustomerRow>>> {
    const { ids, next } = await this.ids.page('customer', query);
    return { rows: await this.spent.add(await this.customers.find(ids)), next };
  }

  /** Those with a name of their own; what was made for one member or customer goes with it. */
  async budgetsPage(query: DirectoryQuery): Promise<DirectoryPage<BudgetRow>> {
    const { ids, next } = await this.ids.page('budget', query);
    return { rows: await this.budgets.find(ids), next };
  }
}
