import { usdNumber } from '@app/call';
import { type DailySpend } from '@app/spend';

/** One day as LiteLLM reports it: besides the named fields one field per key hash, with what the key spent. */
export interface DayView {
  readonly [keyHash: string]: number | string | Readonly<Record<string, number>>;
  readonly startTime: string;
  readonly spend: number;
  readonly users: Readonly<Record<string, number>>;
  readonly models: Readonly<Record<string, number>>;
}

const DAY_MS = 86_400_000;

/** Every day of the range, oldest first, days without spend included. */
export function toDayViews(spends: readonly DailySpend[], startDate: Date, endDate: Date): DayView[] {
  const byDay = new Map(spends.map((spend) => [spend.day, spend]));
  const views: DayView[] = [];
  const first = Math.floor(startDate.getTime() / DAY_MS) * DAY_MS;
  for (let time = first; time < endDate.getTime(); time += DAY_MS) {
    const day = new Date(time).toISOString().slice(0, 10);
    views.push(toDayView(day, byDay.get(day)));
  }
  return views;
}

function toDayView(day: string, spend: DailySpend | undefined): DayView {
  return {
    ...amounts(spend?.byKey),
    startTime: day,
    spend: usdNumber(spend?.picoUsd ?? 0n),
    users: amounts(spend?.byUser),
    models: amounts(spend?.byModel),
  };
}

function amounts(sums: ReadonlyMap<string, bigint> = new Map()): Record<string, number> {
  return Object.fromEntries([...sums].map(([name, picoUsd]) => [name, usdNumber(picoUsd)]));
}
