import { Injectable } from '@nestjs/common';
import { type ReportFilter, SpendReports, type SpendSum } from '@app/spend';
import { type ActivityDay, type ActivitySum, toActivityDay, toMetrics } from './activity.view.js';
import { type ActivityQuery } from './dto/activity.query.js';
import { SpendNames } from './spend-names.js';

/** Days with activity, the newest first. */
export interface ActivityReportView {
  readonly results: readonly ActivityDay[];
  readonly metadata: Readonly<Record<string, number | boolean>>;
}

export type ActivityKind = 'user' | 'team' | 'tag' | 'end_user';

const SPLIT = ['day', 'key', 'model', 'modelGroup', 'provider', 'route'] as const;

/** Pages are of days: only the days of a page are split, the sums are those of the whole period. */
@Injectable()
export class ActivityReports {
  constructor(
    private readonly reports: SpendReports,
    private readonly names: SpendNames,
  ) {}

  async report(kind: ActivityKind, query: ActivityQuery & ReportFilter): Promise<ActivityReportView> {
    const { page, pageSize, ...filter } = query;
    const isLabel = kind === 'tag' || kind === 'end_user';
    const byDay = isLabel
      ? await this.reports.byLabel(kind, filter, true)
      : await this.reports.by(['day'], filter);
    const days = [...new Set(byDay.map(({ names }) => names.day))].reverse();
    const from = page === 1 ? 0 : (page - 1) * pageSize;
    const shown = days.slice(from, from + pageSize);
    const sums = await this.sumsOf(kind, filter, shown, byDay);
    const ofKey = await this.names.ofKeys(sums.map(({ names }) => names.key).filter((key) => key !== ''));
    const teamOf = kind === 'team' ? await this.names.ofTeams(teamsIn(sums)) : null;
    const names = { ofKey, ofEntity: (id: string) => (teamOf ? { team_alias: teamOf(id) } : {}) };
    const perDay = Map.groupBy(sums, (sum) => sum.names.day);
    const totalPages = Math.max(1, Math.ceil(days.length / pageSize));
    return {
      results: shown.map((day) => toActivityDay(day, perDay.get(day) ?? [], names)),
      metadata: {
        ...totalsOf(byDay),
        page,
        total_pages: totalPages,
        has_more: page < totalPages,
      },
    };
  }

  private async sumsOf(
    kind: ActivityKind,
    filter: ReportFilter,
    days: readonly string[],
    labelled: readonly SpendSum<'day'>[],
  ): Promise<ActivitySum[]> {
    const [endDay, startDay] = [days[0], days.at(-1)];
    if (endDay === undefined || startDay === undefined) return [];
    if (kind === 'tag' || kind === 'end_user') {
      const shown = new Set(days);
      return (labelled as readonly SpendSum<'day' | 'label'>[])
        .filter(({ names }) => shown.has(names.day))
        .map(({ names, ...counts }) => ({
          ...counts,
          names: { ...UNSPLIT, day: names.day },
          entity: names.label,
        }));
    }
    const period = { ...filter, startDay, endDay };
    if (kind === 'user') {
      return (await this.reports.by(SPLIT, period)).map((sum) => ({ ...sum, entity: null }));
    }
    return (await this.reports.by([...SPLIT, 'team'], period)).map((sum) => ({
      ...sum,
      entity: sum.names.team,
    }));
  }
}

/** The totals of tags and customers know neither models nor keys. */
const UNSPLIT = { key: '', model: '', modelGroup: '', provider: '', route: '' };

function teamsIn(sums: readonly ActivitySum[]): string[] {
  return sums.flatMap(({ entity }) => (entity ? [entity] : []));
}

function totalsOf(sums: readonly SpendSum<'day'>[]): Record<string, number> {
  const { total_tokens: tokens, ...metrics } = toMetrics(sums);
  const named = Object.entries(metrics).map(([name, value]) => [`total_${name}`, value] as const);
  return { ...Object.fromEntries(named), total_tokens: tokens };
}
