import { Injectable } from '@nestjs/common';
import {
  type SpendCounts,
  SpendReports,
  type TrafficDimension,
  type TrafficPart,
  type TrafficPeriod,
  TrafficReports,
  type TrafficSpeed,
} from '@app/spend';
import { KeyNames } from './key-names.js';
import { type OverviewPeriod, type OverviewQuery } from './read-overview-query.js';
import { Recently } from './recently.js';
import { sumOf } from './spend-sums.js';

/** What happened in one stretch of time. */
export interface TrafficTotal extends SpendCounts, TrafficSpeed {}

export interface TopList {
  readonly by: TrafficDimension;
  /** The most used first. */
  readonly names: readonly (SpendCounts & { readonly name: string })[];
}

export interface OverviewTraffic {
  /** The beginnings of the columns, in order; the last one runs still. */
  readonly columns: readonly Date[];
  readonly parts: readonly TrafficPart[];
  readonly current: TrafficTotal;
  /** As long, just before, and up to the same point. */
  readonly before: TrafficTotal;
  readonly tops: readonly TopList[];
}

const DAY_SECONDS = 86_400;
const TOP_DIMENSIONS: readonly TrafficDimension[] = ['model', 'key', 'user'];
const FRESH_MS = 2_000;
const SLOW_MS = 15_000;
const PAST_MS = 60_000;

/** The numbers of the overview; those of many calls are up to some seconds old. */
@Injectable()
export class OverviewTrafficReader {
  private readonly recently = new Recently();

  constructor(
    private readonly traffic: TrafficReports,
    private readonly reports: SpendReports,
    private readonly names: KeyNames,
  ) {}

  async read({ period, by }: OverviewQuery, now: Date): Promise<OverviewTraffic> {
    const columns = columnsOf(period, now);
    const current = { from: columns[0] ?? now, to: now };
    const before = shifted(current, period);
    const [parts, past, speed, pastSpeed, ...tops] = await Promise.all([
      this.parts(by, period, current),
      this.past(period, before),
      this.speed(period, current, SLOW_MS),
      this.speed(period, before, PAST_MS),
      ...TOP_DIMENSIONS.map((one) => this.parts(one, period, current, one === by ? FRESH_MS : SLOW_MS)),
    ]);
    return {
      columns,
      parts,
      current: { ...sumOf(parts), ...speed },
      before: { ...past, ...pastSpeed },
      tops: tops.map((list, index) => ({ by: TOP_DIMENSIONS[index] ?? 'model', names: byName(list) })),
    };
  }

  private parts(
    by: TrafficDimension,
    period: OverviewPeriod,
    current: TrafficPeriod,
    ageMs = FRESH_MS,
  ): Promise<TrafficPart[]> {
    return this.recently.get(`parts ${by} ${period.value}`, ageMs, async () => {
      const parts =
        period.stepSeconds < DAY_SECONDS
          ? await this.traffic.parts(by, current, period.stepSeconds)
          : await this.daily(by, current);
      return by === 'key' ? this.named(parts) : parts;
    });
  }

  private async daily(by: TrafficDimension, { from, to }: TrafficPeriod): Promise<TrafficPart[]> {
    const sums = await this.reports.by(['day', by], { startDay: dayOf(from), endDay: dayOf(to) });
    return sums.map(({ names, ...counts }) => ({ ...counts, at: new Date(names.day), name: names[by] }));
  }

  private past(period: OverviewPeriod, before: TrafficPeriod): Promise<SpendCounts> {
    return this.recently.get(`past ${period.value}`, PAST_MS, async () => {
      if (period.stepSeconds < DAY_SECONDS) {
        return sumOf(await this.traffic.parts('team', before, period.columns * period.stepSeconds));
      }
      const lastDay = new Date(before.to.getTime() - 1);
      return sumOf(await this.reports.by(['day'], { startDay: dayOf(before.from), endDay: dayOf(lastDay) }));
    });
  }

  private speed(period: OverviewPeriod, stretch: TrafficPeriod, ageMs: number): Promise<TrafficSpeed> {
    const name = `speed ${period.value} ${ageMs}`;
    return this.recently.get(name, ageMs, () => this.traffic.speed(stretch));
  }

  private async named(parts: readonly TrafficPart[]): Promise<TrafficPart[]> {
    const names = await this.names.of([...new Set(parts.map(({ name }) => name))]);
    return parts.map((part) => ({ ...part, name: names.get(part.name) ?? part.name }));
  }
}

/** Whole steps of the clock, up to the one that runs. */
function columnsOf({ columns, stepSeconds }: OverviewPeriod, now: Date): Date[] {
  const stepMs = stepSeconds * 1000;
  const last = Math.floor(now.getTime() / stepMs) * stepMs;
  return Array.from({ length: columns }, (_, index) => new Date(last - (columns - 1 - index) * stepMs));
}

function shifted({ from, to }: TrafficPeriod, { columns, stepSeconds }: OverviewPeriod): TrafficPeriod {
  const byMs = columns * stepSeconds * 1000;
  return { from: new Date(from.getTime() - byMs), to: new Date(to.getTime() - byMs) };
}

function byName(parts: readonly TrafficPart[]): TopList['names'] {
  return [...Map.groupBy(parts, ({ name }) => name)]
    .filter(([name]) => name !== '')
    .map(([name, list]) => ({ name, ...sumOf(list) }))
    .sort((a, b) => b.requests - a.requests);
}

const dayOf = (date: Date): string => date.toISOString().slice(0, 10);
