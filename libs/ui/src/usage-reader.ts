import { Injectable } from '@nestjs/common';
import { type ReportFilter, type SpendCounts, SpendReports, type SpendSum } from '@app/spend';
import { KeyNames } from './key-names.js';
import { periodBefore, type UsageQuery } from './read-usage-query.js';

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
    const [days, groups, before, [total], [beforeTotal]] = await Promise.all([
      this.days(query, whose),
      this.sums(query, filter),
      this.sums(query, earlier),
      this.reports.by([], filter),
      this.reports.by([], earlier),
    ]);
    const nameOf = await this.namesOf(query, groups);
    return {
      days: days.map((sum) => ({ ...sum, name: nameOf(sum.id) })),
      groups: groups.map((sum) => ({ ...sum, name: nameOf(sum.id) })),
      before: new Map(before.map((sum) => [sum.id, sum])),
      total: total ?? null,
      beforeTotal: beforeTotal ?? null,
    };
  }

  /** Each group of each day, by its id. */
  async days(
    { by, from, to }: UsageQuery,
    whose: Whose,
  ): Promise<(SpendCounts & { day: string; id: string })[]> {
    const filter: ReportFilter = { ...whose, startDay: from, endDay: to };
    if (by === 'tag' || by === 'end_user') {
      const sums = await this.reports.byLabel(by, filter, true);
      return sums.map(({ names, ...counts }) => ({ ...counts, day: names.day, id: names.label }));
    }
    const sums = await this.reports.by(['day', by], filter);
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
