import { Controller, Get, Query } from '@nestjs/common';
import { Access, type Caller, CurrentCaller, type JsonObject, readDto, TextField } from '@app/call';
import { type ReportFilter, type SpendCounts, SpendReports, type SpendSum } from '@app/spend';
import { daysOf, needPeriod } from './dto/report-period.js';
import { requireSpendRole, visibleSpend } from './visible-spend.js';

class ActivityParameters {
  @TextField() start_date?: string;
  @TextField() end_date?: string;
}

interface ActivityView {
  readonly daily_data: readonly {
    /** `Jan 22`. */
    readonly date: string;
    readonly api_requests: number;
    readonly total_tokens: number;
  }[];
  readonly sum_api_requests: number;
  readonly sum_total_tokens: number;
}

const TOP_MODELS = 10;
const SHORT_DATE = new Intl.DateTimeFormat('en-US', { month: 'short', day: '2-digit', timeZone: 'UTC' });

/** How many calls there were, and how many tokens. */
@Controller('global/activity')
export class GlobalActivityController {
  constructor(private readonly reports: SpendReports) {}

  @Get()
  @Access('self')
  async all(
    @Query() parameters: Record<string, unknown>,
    @CurrentCaller() caller: Caller,
  ): Promise<ActivityView> {
    return toView(await this.reports.by(['day'], read(parameters, caller, '/global/activity')));
  }

  /** The ten models with most calls. */
  @Get('model')
  @Access('self')
  async models(
    @Query() parameters: Record<string, unknown>,
    @CurrentCaller() caller: Caller,
  ): Promise<(ActivityView & { model: string })[]> {
    const filter = read(parameters, caller, '/global/activity/model');
    const byModel = Map.groupBy(await this.reports.by(['day', 'model'], filter), ({ names }) => names.model);
    return [...byModel]
      .map(([model, sums]) => ({ model, ...toView(sums) }))
      .sort((one, other) => other.sum_api_requests - one.sum_api_requests)
      .slice(0, TOP_MODELS);
  }
}

function read(parameters: Record<string, unknown>, caller: Caller, route: string): ReportFilter {
  requireSpendRole(caller, route);
  const given = readDto(ActivityParameters, parameters as JsonObject);
  return visibleSpend(daysOf(needPeriod(given.start_date, given.end_date)), caller);
}

function toView(sums: readonly SpendSum<'day'>[]): ActivityView {
  const total = (of: (sum: SpendCounts) => number) => sums.reduce((all, sum) => all + of(sum), 0);
  return {
    daily_data: sums.map((sum) => ({
      date: SHORT_DATE.format(new Date(sum.names.day)),
      api_requests: sum.requests,
      total_tokens: tokensOf(sum),
    })),
    sum_api_requests: total(({ requests }) => requests),
    sum_total_tokens: total(tokensOf),
  };
}

function tokensOf({ promptTokens, completionTokens }: SpendCounts): number {
  return promptTokens + completionTokens;
}
