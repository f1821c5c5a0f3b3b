import { Controller, Get, Query } from '@nestjs/common';
import {
  Access,
  type Caller,
  ChoiceField,
  CurrentCaller,
  type JsonObject,
  readDto,
  TextField,
  usdNumber,
} from '@app/call';
import { type ReportFilter, type SpendCounts, SpendReports, type SpendSum } from '@app/spend';
import { daysOf, needPeriod } from './dto/report-period.js';
import { SpendNames } from './spend-names.js';
import { hashOf, requireSpendRole, visibleSpend } from './visible-spend.js';

class ReportParameters {
  @TextField() start_date?: string;
  @TextField() end_date?: string;
  @ChoiceField('team', 'customer', 'api_key') group_by?: 'team' | 'customer' | 'api_key';
  @TextField() api_key?: string;
  @TextField() internal_user_id?: string;
  @TextField() team_id?: string;
  @TextField() customer_id?: string;
}

interface ModelShare {
  readonly model: string;
  readonly api_key: string;
  readonly spend: number;
  readonly total_tokens: number;
}

type GroupSum = SpendSum<'day' | 'key' | 'model'> & { readonly group: string };

const ROUTE = '/global/spend/report';

/** A period, day by day and group by group, with what each key has spent on each model. */
@Controller('global/spend/report')
export class GlobalReportController {
  constructor(
    private readonly reports: SpendReports,
    private readonly names: SpendNames,
  ) {}

  @Get()
  @Access('self')
  async report(
    @Query() parameters: Record<string, unknown>,
    @CurrentCaller() caller: Caller,
  ): Promise<object[]> {
    requireSpendRole(caller, ROUTE);
    const given = readDto(ReportParameters, parameters as JsonObject);
    const filter = visibleSpend(filterOf(given), caller);
    if (given.group_by === 'api_key') return this.byKey(filter);
    return given.group_by === 'customer' ? this.byCustomer(filter) : this.byTeam(filter);
  }

  private async byTeam(filter: ReportFilter): Promise<object[]> {
    const sums = await this.reports.by(['day', 'team', 'key', 'model'], filter);
    const nameOf = await this.names.ofTeams(sums.map(({ names }) => names.team));
    return byDay(
      sums.map((sum) => ({ ...sum, group: nameOf(sum.names.team) })),
      'teams',
      'team_name',
    );
  }

  private async byCustomer(filter: ReportFilter): Promise<object[]> {
    const sums = await this.reports.ofCustomers(filter);
    return byDay(
      sums.map((sum) => ({ ...sum, group: sum.names.endUser })),
      'customers',
      'customer',
    );
  }

  private async byKey(filter: ReportFilter): Promise<object[]> {
    const sums = await this.reports.by(['key', 'model'], filter);
    const keys = Map.groupBy(sums, ({ names }) => names.key);
    return [...keys].map(([key, models]) => ({
      api_key: key,
      ...costsOf(models),
      model_details: models.map((sum) => ({ model: sum.names.model, ...costsOf([sum]) })),
    }));
  }
}

function filterOf(given: ReportParameters): ReportFilter {
  return {
    ...daysOf(needPeriod(given.start_date, given.end_date)),
    ...(given.api_key && { keyHash: hashOf(given.api_key) }),
    ...(given.internal_user_id && { userId: given.internal_user_id }),
    ...(given.team_id && { teamIds: [given.team_id] }),
    ...(given.customer_id && { labels: [given.customer_id] }),
  };
}

function byDay(sums: readonly GroupSum[], groupsName: string, groupName: string): object[] {
  const days = Map.groupBy(sums, ({ names }) => names.day);
  return [...days].map(([day, ofDay]) => ({
    group_by_day: day,
    [groupsName]: [...Map.groupBy(ofDay, ({ group }) => group)].map(([group, shares]) => ({
      [groupName]: group,
      total_spend: spendOf(shares),
      metadata: shares.map(toShare),
    })),
  }));
}

function toShare({ names, picoUsd, promptTokens, completionTokens }: GroupSum): ModelShare {
  return {
    model: names.model,
    api_key: names.key,
    spend: usdNumber(picoUsd),
    total_tokens: promptTokens + completionTokens,
  };
}

function costsOf(sums: readonly SpendCounts[]): object {
  return {
    total_cost: spendOf(sums),
    total_input_tokens: sums.reduce((all, { promptTokens }) => all + promptTokens, 0),
    total_output_tokens: sums.reduce((all, { completionTokens }) => all + completionTokens, 0),
  };
}

function spendOf(sums: readonly SpendCounts[]): number {
  return usdNumber(sums.reduce((all, { picoUsd }) => all + picoUsd, 0n));
}
