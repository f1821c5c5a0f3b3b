import { Controller, Get, Query } from '@nestjs/common';
import {
  Access,
  type Caller,
  CurrentCaller,
  type JsonObject,
  PermissionError,
  readDto,
  TextField,
} from '@app/call';
import { PrincipalReader } from '@app/users';
import { ActivityReports, type ActivityReportView } from './activity-reports.js';
import { readActivityQuery } from './dto/activity.query.js';
import { hashOf, seesAllSpend, visibleSpend } from './visible-spend.js';

class ActivityParameters {
  @TextField() start_date?: string;
  @TextField() end_date?: string;
  @TextField() model?: string;
  @TextField() api_key?: string;
  @TextField() page?: string;
  @TextField() page_size?: string;
  @TextField() timezone?: string;
}

class UserActivityParameters extends ActivityParameters {
  @TextField() user_id?: string;
}

class TeamActivityParameters extends ActivityParameters {
  @TextField() team_ids?: string;
}

class TagActivityParameters extends ActivityParameters {
  @TextField() tags?: string;
}

class CustomerActivityParameters extends ActivityParameters {
  @TextField() end_user_ids?: string;
}

type Parameters = Record<string, unknown>;

/** What was done each day, split by model, provider, route and key. */
@Controller()
export class ActivityController {
  constructor(
    private readonly activity: ActivityReports,
    private readonly principals: PrincipalReader,
  ) {}

  /** A user's days; an administrator's question without a user is about everybody. */
  @Get('user/daily/activity')
  @Access('self')
  async ofUser(
    @Query() parameters: Parameters,
    @CurrentCaller() caller: Caller,
  ): Promise<ActivityReportView> {
    const given = readDto(UserActivityParameters, parameters as JsonObject);
    return this.activity.report('user', ownQuery(given, caller));
  }

  /** The same in one page. */
  @Get('user/daily/activity/aggregated')
  @Access('self')
  async ofUserAtOnce(
    @Query() parameters: Parameters,
    @CurrentCaller() caller: Caller,
  ): Promise<ActivityReportView> {
    const given = readDto(UserActivityParameters, parameters as JsonObject);
    return this.activity.report('user', { ...ownQuery(given, caller), page: 1, pageSize: Infinity });
  }

  /** Teams' days: for administrators, and for those who administer each team that they name; members see their own. */
  @Get('team/daily/activity')
  @Access('self')
  async ofTeams(
    @Query() parameters: Parameters,
    @CurrentCaller() caller: Caller,
  ): Promise<ActivityReportView> {
    const given = readDto(TeamActivityParameters, parameters as JsonObject);
    const query = readActivityQuery(given);
    const teamIds = given.team_ids ? given.team_ids.split(',') : [];
    const wish = { ...query, ...(given.api_key && { keyHash: hashOf(given.api_key) }), teamIds };
    if (seesAllSpend(caller)) return this.activity.report('team', wish);
    const own = { ...wish, teamIds: teamIds.length > 0 ? teamIds : ownTeams(caller) };
    const isAdmin = await this.administersAll(caller, own.teamIds);
    return this.activity.report('team', isAdmin ? own : visibleSpend(own, caller));
  }

  @Get('tag/daily/activity')
  @Access('admin')
  async ofTags(@Query() parameters: Parameters): Promise<ActivityReportView> {
    const given = readDto(TagActivityParameters, parameters as JsonObject);
    const labels = given.tags ? given.tags.split(',') : [];
    return this.activity.report('tag', { ...wishOf(given), labels });
  }

  @Get(['customer/daily/activity', 'end_user/daily/activity'])
  @Access('admin')
  async ofCustomers(@Query() parameters: Parameters): Promise<ActivityReportView> {
    const given = readDto(CustomerActivityParameters, parameters as JsonObject);
    const labels = given.end_user_ids ? given.end_user_ids.split(',') : [];
    return this.activity.report('end_user', { ...wishOf(given), labels });
  }

  /** @throws PermissionError for a team that the caller has nothing to do with */
  private async administersAll(caller: Caller, teamIds: readonly string[]): Promise<boolean> {
    const { userId } = caller;
    const members = userId === null ? [] : teamIds.map((teamId) => ({ teamId, userId }));
    const principals = await this.principals.read({ members });
    const roles = teamIds.map((teamId) => principals.member(teamId, userId)?.role ?? null);
    const stranger = teamIds.findIndex((id, index) => roles[index] === null && id !== caller.teamId);
    if (teamIds.length === 0 || stranger !== -1) {
      throw new PermissionError('You see the activity of teams that you belong to; name them in `team_ids`.');
    }
    return roles.every((role) => role === 'admin');
  }
}

type Wish = ReturnType<typeof wishOf>;

function wishOf(given: ActivityParameters) {
  return {
    ...readActivityQuery(given),
    ...(given.model && { model: given.model }),
    ...(given.api_key && { keyHash: hashOf(given.api_key) }),
  };
}

function ownQuery(given: UserActivityParameters, caller: Caller): Wish {
  return visibleSpend({ ...wishOf(given), ...(given.user_id && { userId: given.user_id }) }, caller);
}

function ownTeams({ teamId }: Caller): string[] {
  return teamId === null ? [] : [teamId];
}
