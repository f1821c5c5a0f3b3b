import { Injectable } from '@nestjs/common';
import { type Caller, PermissionError } from '@app/call';
import {
  isPlain,
  type MembershipRow,
  seesEverything,
  type ShownTeam,
  type TeamRow,
  TeamsService,
} from '@app/users';
import { type KeyRow, KeysOf } from '../users/keys-of.js';
import { countIn, isDescending, type Query, textIn } from '../users/query-values.js';
import { SpentAmounts } from '../users/spent-amounts.js';
import { TeamRights } from './team-rights.js';

type Spent<Row> = Row & { readonly spend: number };
/** A team with what it and each of its members have spent, in USD. */
export type TeamView = Spent<TeamRow> & { readonly team_memberships: readonly Spent<MembershipRow>[] };

const MAX_LISTED = 1000;
const PAGE_SIZE = 10;
const MAX_PAGE_SIZE = 100;
const MAX_PAGE = 1_000_000;

/** What routes answer that show teams: each caller sees of a team what his part in it allows. */
@Injectable()
export class TeamViews {
  constructor(
    private readonly teams: TeamsService,
    private readonly rights: TeamRights,
    private readonly keysOf: KeysOf,
    private readonly spent: SpentAmounts,
  ) {}

  /** `/team/info` */
  async info(teamId: string, caller: Caller) {
    const sight = await this.rights.requireSight(caller, teamId);
    const [view] = await this.of([await this.teams.one(teamId)], caller);
    const keys =
      sight === 'user' ? this.keysOf.member(teamId, caller.userId ?? '') : this.keysOf.inTeams([teamId]);
    const { team_memberships = [], ...team_info } = view ?? {};
    return { team_id: teamId, team_info, keys: await keys, team_memberships };
  }

  /** `/team/list`: all, those of a user, of an organization. @throws PermissionError */
  async list(query: Query, caller: Caller) {
    const { rows } = await this.teams.page({
      ...filterOf(query, caller),
      aliasPart: null,
      sortBy: null,
      descending: true,
      page: 1,
      pageSize: MAX_LISTED,
    });
    return this.withKeys(await this.of(rows, caller), caller);
  }

  /** `/v2/team/list` */
  async page(query: Query, caller: Caller) {
    const page = countIn(query, 'page', 1, MAX_PAGE);
    const pageSize = countIn(query, 'page_size', PAGE_SIZE, MAX_PAGE_SIZE);
    const { rows, total } = await this.teams.page({
      ...filterOf(query, caller),
      aliasPart: textIn(query, 'team_alias'),
      sortBy: textIn(query, 'sort_by'),
      descending: isDescending(query, textIn(query, 'sort_by') === null),
      page,
      pageSize,
    });
    const teams = await this.of(rows, caller);
    return { teams, total, page, page_size: pageSize, total_pages: Math.ceil(total / pageSize) };
  }

  /** The newest thousand. */
  async newest(caller: Caller): Promise<TeamView[]> {
    const { rows } = await this.teams.page({ ...EVERY_TEAM, page: 1, pageSize: MAX_LISTED });
    return this.of(rows, caller);
  }

  /** With spend, and without what is not for this caller: e-mail addresses and budgets of others. */
  async of(teams: readonly ShownTeam[], caller: Caller): Promise<TeamView[]> {
    const [rows, memberships] = await Promise.all([
      this.spent.add(teams.map(({ team }) => team)),
      this.spent.add(teams.flatMap((team) => team.memberships)),
    ]);
    const everything = seesEverything(caller);
    const byTeam = Map.groupBy(memberships, ({ team_id }) => team_id);
    return rows.map((row) => {
      const own = byTeam.get(row.team_id) ?? [];
      const { userId } = caller;
      const isAdmin = row.members_with_roles.some((one) => one.user_id === userId && one.role === 'admin');
      return {
        ...row,
        members_with_roles: row.members_with_roles.map((one) =>
          everything || one.user_id === userId ? one : { ...one, user_email: null },
        ),
        team_memberships: everything || isAdmin ? own : own.filter(({ user_id }) => user_id === userId),
      };
    });
  }

  private async withKeys(
    teams: readonly TeamView[],
    caller: Caller,
  ): Promise<(TeamView & { keys: KeyRow[] })[]> {
    const ids = teams.map(({ team_id }) => team_id);
    const keys = seesEverything(caller)
      ? await this.keysOf.inTeams(ids)
      : await this.keysOf.user(caller.userId ?? '');
    const byTeam = Map.groupBy(keys, ({ team_id }) => team_id);
    return teams.map((team) => ({ ...team, keys: byTeam.get(team.team_id) ?? [] }));
  }
}

const EVERY_TEAM = {
  memberId: null,
  organizationId: null,
  teamId: null,
  aliasPart: null,
  sortBy: null,
  descending: true,
} as const;

interface Filter {
  readonly memberId: string | null;
  readonly organizationId: string | null;
  readonly teamId: string | null;
}

/** @throws PermissionError */
function filterOf(query: Query, caller: Caller): Filter {
  const userId = textIn(query, 'user_id');
  const organizationId = textIn(query, 'organization_id');
  const teamId = textIn(query, 'team_id');
  if (seesEverything(caller)) return { memberId: userId, organizationId, teamId };
  if (!isPlain(caller) && (userId ?? caller.userId) === caller.userId) {
    return { memberId: caller.userId, organizationId, teamId: caller.teamId ?? teamId };
  }
  throw new PermissionError('You may only list your own teams.', 'auth_error', 'user_id');
}
