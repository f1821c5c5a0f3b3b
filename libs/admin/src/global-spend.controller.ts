import { Controller, Get, HttpCode, Post, Query } from '@nestjs/common';
import {
  Access,
  BadRequestError,
  type Caller,
  CurrentCaller,
  type JsonObject,
  ManagementBody,
  readDto,
  TextField,
  usdNumber,
} from '@app/call';
import { ConfigStore } from '@app/config';
import { type ReportFilter, SpendReports } from '@app/spend';
import { readWhole } from './dto/query-numbers.js';
import { readDays } from './dto/report-period.js';
import { SpendNames } from './spend-names.js';
import { hashOf, requireSpendRole, visibleSpend } from './visible-spend.js';

class PeriodParameters {
  @TextField() start_date?: string;
  @TextField() end_date?: string;
  @TextField() api_key?: string;
  @TextField() limit?: string;
  /** Names, separated by commas. */
  @TextField() tags?: string;
}

class EndUsersBody {
  @TextField() api_key?: string;
  @TextField() startTime?: string;
  @TextField() endTime?: string;
}

type Parameters = Record<string, unknown>;

const TOP = { min: 1, max: 1_000, fallback: 10 };
const TOP_KEYS = { ...TOP, fallback: 5 };
const TOP_CUSTOMERS = 100;

/** What everybody has spent; without dates in the last 30 days. A user sees of it what is its own. */
@Controller('global/spend')
export class GlobalSpendController {
  constructor(
    private readonly reports: SpendReports,
    private readonly names: SpendNames,
    private readonly config: ConfigStore,
  ) {}

  /** All that was ever spent. */
  @Get()
  @Access('self')
  async total(@CurrentCaller() caller: Caller): Promise<{ spend: number; max_budget: number }> {
    requireSpendRole(caller, '/global/spend');
    const [sum] = await this.reports.by([], visibleSpend({}, caller));
    return {
      spend: usdNumber(sum?.picoUsd ?? 0n),
      max_budget: usdNumber(this.config.current.litellm.maxBudgetPicoUsd ?? 0n),
    };
  }

  @Get('logs')
  @Access('self')
  async logs(@Query() parameters: Parameters, @CurrentCaller() caller: Caller): Promise<object[]> {
    const { filter } = read(parameters, caller, '/global/spend/logs');
    const sums = await this.reports.by(['day'], filter);
    return sums.map(({ names, picoUsd }) => ({
      date: names.day,
      spend: usdNumber(picoUsd),
      ...(filter.keyHash !== undefined && { api_key: filter.keyHash }),
    }));
  }

  @Get('keys')
  @Access('self')
  async keys(@Query() parameters: Parameters, @CurrentCaller() caller: Caller): Promise<object[]> {
    const { filter, given } = read(parameters, caller, '/global/spend/keys');
    const sums = await this.reports.by(['key'], filter, readWhole('limit', given.limit, TOP_KEYS));
    const nameOf = await this.names.ofKeys(sums.map(({ names }) => names.key));
    return sums.map(({ names, picoUsd }) => {
      const { key_alias, key_name } = nameOf(names.key);
      return { api_key: names.key, key_alias, key_name, total_spend: usdNumber(picoUsd) };
    });
  }

  @Get('models')
  @Access('self')
  async models(@Query() parameters: Parameters, @CurrentCaller() caller: Caller): Promise<object[]> {
    const { filter, given } = read(parameters, caller, '/global/spend/models');
    const sums = await this.reports.by(['model'], filter, readWhole('limit', given.limit, TOP));
    return sums.map(({ names, picoUsd }) => ({ model: names.model, total_spend: usdNumber(picoUsd) }));
  }

  @Get('provider')
  @Access('self')
  async providers(@Query() parameters: Parameters, @CurrentCaller() caller: Caller): Promise<object[]> {
    const { filter } = read(parameters, caller, '/global/spend/provider');
    const sums = await this.reports.by(['provider'], filter);
    return sums.map(({ names, picoUsd }) => ({ provider: names.provider, spend: usdNumber(picoUsd) }));
  }

  @Get('teams')
  @Access('self')
  async teams(@Query() parameters: Parameters, @CurrentCaller() caller: Caller): Promise<object> {
    const { filter } = read(parameters, caller, '/global/spend/teams');
    const [daily, totals] = await Promise.all([
      this.reports.by(['day', 'team'], filter),
      this.reports.by(['team'], filter),
    ]);
    const nameOf = await this.names.ofTeams(totals.map(({ names }) => names.team));
    const days = Map.groupBy(daily, ({ names }) => names.day);
    return {
      daily_spend: [...days].map(([date, sums]) => ({
        ...Object.fromEntries(sums.map(({ names, picoUsd }) => [nameOf(names.team), usdNumber(picoUsd)])),
        date,
      })),
      teams: totals.map(({ names }) => nameOf(names.team)),
      total_spend_per_team: totals.map(({ names, picoUsd }) => ({
        team_id: nameOf(names.team),
        total_spend: usdNumber(picoUsd),
      })),
    };
  }

  @Get('tags')
  @Access('self')
  async tags(@Query() parameters: Parameters, @CurrentCaller() caller: Caller): Promise<object> {
    const { filter, given } = read(parameters, caller, '/global/spend/tags');
    const labels = given.tags ? given.tags.split(',') : [];
    const sums = await this.reports.byLabel('tag', { ...filter, labels });
    return {
      spend_per_tag: sums.map(({ names, requests, picoUsd }) => ({
        name: names.label,
        spend: usdNumber(picoUsd),
        log_count: requests,
      })),
    };
  }

  @Get('all_tag_names')
  @Access('admin')
  async tagNames(): Promise<{ tag_names: string[] }> {
    return { tag_names: await this.reports.tagNames() };
  }

  @Post('end_users')
  @HttpCode(200)
  @Access('self')
  async endUsers(
    @ManagementBody(EndUsersBody) body: EndUsersBody,
    @CurrentCaller() caller: Caller,
  ): Promise<object[]> {
    requireSpendRole(caller, '/global/spend/end_users');
    const wish = {
      ...readDays(body.startTime, body.endTime),
      ...(body.api_key && { keyHash: hashOf(body.api_key) }),
    };
    const sums = await this.reports.byLabel('end_user', visibleSpend(wish, caller));
    return sums.slice(0, TOP_CUSTOMERS).map(({ names, requests, picoUsd }) => ({
      end_user: names.label,
      total_count: requests,
      total_spend: usdNumber(picoUsd),
    }));
  }

  /** Refused: what was spent stays on the books. */
  @Post('reset')
  @Access('admin')
  reset(): never {
    throw new BadRequestError(
      'Spend is never set back to zero: budgets count within their own windows. To give a key room, raise its max_budget or set a budget_duration.',
    );
  }
}

function read(
  parameters: Parameters,
  caller: Caller,
  route: string,
): { filter: ReportFilter; given: PeriodParameters } {
  requireSpendRole(caller, route);
  const given = readDto(PeriodParameters, parameters as JsonObject);
  const wish = {
    ...readDays(given.start_date, given.end_date),
    ...(given.api_key && { keyHash: hashOf(given.api_key) }),
  };
  return { filter: visibleSpend(wish, caller), given };
}
