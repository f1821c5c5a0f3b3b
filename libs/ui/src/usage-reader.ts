import { Injectable } from '@nestjs/common';
import { type ReportFilter, type SpendCounts, SpendReports, type SpendSum } from '@app/spend';
import { KeyNames } from './key-names.js';
import { MAX_SERIES } from './bar-chart.view.js';
import { periodBefore, type UsageQuery } from './read-usage-query.js';
import { MEASURED, sumOf } from './spend-sums.js';

/** The sum of one group; `id` is what rows call it, `name` what people do. */
export interface UsageSum extends SpendCounts {
  readonly id: string;
  readonly name: string;
}

export interface UsageOfDay extends UsageSum {
  /** `2026-01-31`, UTC. */
  readonly day: string;
}

export interface Usage {
  readonly days: readonly UsageOfDay[];
  /** Of all groups, where `days` has only the largest; else null. */
  readonly dayTotals: readonly (SpendCounts & { readonly day: string })[] | null;
  /** The dearest first. */
  readonly groups: readonly UsageSum[];
  /** As many days before, by the group's id. */
  readonly before: ReadonlyMap<string, SpendCounts>;
  /** All of those days together; null where nothing was used. */
  readonly beforeTotal: SpendCounts | null;
  /** All of this period together. Groups may overlap: a call can carry many tags or none. */
  readonly total: SpendCounts | null;
}

type Whose = Pick<ReportFilter, 'keyHash' | 'userId'>;

/** Usage by what one asks for; on the connections for reports. */
@Injectable()
export class UsageReader {
  constructor(
    private readonly reports: SpendReports,
    private readonly names: KeyNames,
  ) {}

  async read(query: UsageQuery, whose: Whose): Promise<Usage> {
    const filter: ReportFilter = { ...whose, startDay: query.from, endDay: query.to };
    const earlier: ReportFilter = { ...whose, ...periodBefore(query) };
    const [groups, before, totals] = await Promise.all([
      this.sums(query, filter),
      this.sums(query, earlier),
      this.totalsOf(query, filter, earlier),
    ]);
    const drawn = groups.length > MAX_SERIES ? largest(groups, query) : null;
    const [nameOf, days, dayTotals] = await Promise.all([
      this.namesOf(query, groups),
      this.days(query, whose, drawn ?? undefined),
      drawn && this.reports.by(['day'], filter),
    ]);
    return {
      days: days.map((sum) => ({ ...sum, name: nameOf(sum.id) })),
      dayTotals: dayTotals && dayTotals.map(ofDay),
      groups: groups.map((sum) => ({ ...sum, name: nameOf(sum.id) })),
      before: new Map(before.map((sum) => [sum.id, sum])),
      total: totals ? totals.now : sumOf(groups),
      beforeTotal: totals ? totals.before : sumOf(before),
    };
  }

  /** Null where every call is in one group, so that the groups are all of it. */
  private async totalsOf(
    { by }: UsageQuery,
    filter: ReportFilter,
    earlier: ReportFilter,
  ): Promise<{ now: SpendCounts | null; before: SpendCounts | null } | null> {
    if (by !== 'tag' && by !== 'end_user') return null;
    const [[now], [before]] = await Promise.all([this.reports.by([], filter), this.reports.by([], earlier)]);
    return { now: now ?? null, before: before ?? null };
  }

  /** Each group of each day, by its id. @param only these groups; of tags and end users always all */
  async days(
    { by, from, to }: UsageQuery,
    whose: Whose,
    only?: readonly string[],
  ): Promise<(SpendCounts & { day: string; id: string })[]> {
    const filter: ReportFilter = { ...whose, startDay: from, endDay: to };
    if (by === 'tag' || by === 'end_user') {
      const sums = await this.reports.byLabel(by, filter, true);
      return sums.map(({ names, ...counts }) => ({ ...counts, day: names.day, id: names.label }));
    }
    const among = only && { among: { dimension: by, names: only } };
    const sums = await this.reports.by(['day', by], { ...filter, ...among });
    return sums.map(({ names, ...counts }) => ({ ...counts, day: names.day, id: names[by] }));
  }

  private async sums({ by }: UsageQuery, filter: ReportFilter): Promise<(SpendCounts & { id: string })[]> {
    if (by === 'tag' || by === 'end_user') {
      const sums = await this.reports.byLabel(by, filter);
      return sums.map(({ names, ...counts }) => ({ ...counts, id: names.label }));
    }
    const sums: SpendSum<typeof by>[] = await this.reports.by([by], filter);
    return sums.map(({ names, ...counts }) => ({ ...counts, id: names[by] }));
  }

  private async namesOf(
    { by }: UsageQuery,
    groups: readonly { readonly id: string }[],
  ): Promise<(id: string) => string> {
    if (by !== 'key') return (id) => id;
    const names = await this.names.of(groups.map(({ id }) => id));
    return (id) => names.get(id) ?? id;
  }
}

const ofDay = ({ names, ...counts }: SpendSum<'day'>) => ({ ...counts, day: names.day });

/** The groups that a chart draws by themselves; null for those that are always read whole. */
function largest(
  groups: readonly (SpendCounts & { readonly id: string })[],
  { by, measure }: UsageQuery,
): string[] | null {
  if (by === 'tag' || by === 'end_user') return null;
  const sizeOf = MEASURED[measure];
  const ordered = [...groups].sort((one, other) => sizeOf(other) - sizeOf(one));
  return ordered.slice(0, MAX_SERIES - 1).map(({ id }) => id);
}
