import { type SpendSum } from '@app/spend';
import { barChart, seriesOf } from '../bar-chart.view.js';
import { addDays, daysOf } from '../read-usage-query.js';
import { nameless, plural, shortCount, shownMoney } from '../shown-values.js';

const USAGE_DAYS = 30;
const DAY = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' });

/** The days that a chart of usage shows, today among them; UTC. */
export function usageDays(now = new Date()): { from: string; to: string } {
  const to = now.toISOString().slice(0, 10);
  return { from: addDays(to, 1 - USAGE_DAYS), to };
}

/** Requests per day, by model or whatever else `rows` are named by; false where there were none. */
export function usagePanel(
  rows: readonly SpendSum<'day' | 'series'>[],
  { caption, now = new Date() }: { readonly caption: string; readonly now?: Date },
): object | false {
  if (rows.length === 0) return false;
  const columns = daysOf({ ...usageDays(now), by: 'model', measure: 'requests' });
  const { series, values } = seriesOf(
    rows.map(({ names, requests }) => ({
      column: names.day,
      name: names.series || nameless('model'),
      value: requests,
    })),
    columns,
  );
  const sum = (of: (row: (typeof rows)[number]) => number): number =>
    rows.reduce((total, row) => total + of(row), 0);
  const short = { shown: shortCount };
  return {
    sums: [
      plural(
        sum(({ requests }) => requests),
        'request',
        short,
      ),
      plural(
        sum(({ promptTokens, completionTokens }) => promptTokens + completionTokens),
        'token',
        short,
      ),
      shownMoney(rows.reduce((total, { picoUsd }) => total + picoUsd, 0n)),
    ].join(' · '),
    chart: barChart({
      caption,
      columnName: 'Day',
      unit: 'request',
      series,
      columns: columns.map((day, index) => ({
        label: DAY.format(new Date(day)),
        values: values.get(day) ?? [],
        isOpen: index === columns.length - 1,
      })),
    }),
  };
}
