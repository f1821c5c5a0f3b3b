import { type SpendCounts, type SpendSum } from '@app/spend';
import { barChart, seriesOf } from './bar-chart.view.js';
import { paths, withQuery } from './paths.js';
import { addDays, daysOf, GROUPS, usageHref, type UsageGroup, type UsageQuery } from './read-usage-query.js';
import { MISSING, shortCount, shownCount, shownMoney, shownPercent } from './shown-values.js';

export interface UsagePage {
  readonly query: UsageQuery;
  readonly days: readonly SpendSum<'day' | UsageGroup>[];
  readonly groups: readonly SpendSum<UsageGroup>[];
  readonly before: SpendCounts | null;
  readonly nameOf: (text: string) => string;
}

const RANGES = [7, 30, 90];
const MAX_GROUPS = 200;
const DAY = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' });

/** Totals against the period before, the days, and a table with shares. */
export function usageView({ query, days, groups, before, nameOf }: UsagePage): object {
  const total = sumOf(groups);
  const shown = (sum: SpendSum<UsageGroup>): string => nameOf(sum.names[query.by]) || MISSING;
  const label = GROUPS.find(({ value }) => value === query.by)?.label ?? 'Model';
  return {
    subtitle: `${shownDay(query.from)} to ${shownDay(query.to)} (UTC), against as many days before`,
    action: paths.usage,
    ...query,
    csv: { href: withQuery('/ui/usage.csv', { ...query }) },
    ranges: RANGES.map((count) => {
      const from = addDays(query.to, 1 - count);
      return { label: `${count} d`, href: usageHref({ ...query, from }), isCurrent: from === query.from };
    }),
    by: GROUPS.map(({ value, label: name }) => ({ value, label: name, isSelected: value === query.by })),
    label: 'Totals',
    stats: statsOf(total, before),
    hasTraffic: total.requests > 0,
    chart: total.requests > 0 && chartOf(query, days, nameOf),
    groupLabel: label,
    groups: groups.slice(0, MAX_GROUPS).map((sum) => ({
      name: shown(sum),
      requests: shownCount(sum.requests),
      failed: shownCount(sum.failed),
      tokensIn: shownCount(sum.promptTokens),
      tokensOut: shownCount(sum.completionTokens),
      spend: shownMoney(sum.picoUsd),
      share:
        total.picoUsd === 0n
          ? MISSING
          : shownPercent(Number((sum.picoUsd * 10_000n) / total.picoUsd) / 10_000),
    })),
    empty: {
      icon: 'chart',
      title: 'Nothing was used in this time',
      text: 'Totals are kept by day. Calls of today are counted here a second after they end.',
    },
  };
}

function sumOf(sums: readonly SpendCounts[]): SpendCounts {
  const zero: SpendCounts = {
    requests: 0,
    failed: 0,
    promptTokens: 0,
    cachedTokens: 0,
    completionTokens: 0,
    picoUsd: 0n,
  };
  return sums.reduce(
    (total, sum) => ({
      requests: total.requests + sum.requests,
      failed: total.failed + sum.failed,
      promptTokens: total.promptTokens + sum.promptTokens,
      cachedTokens: total.cachedTokens + sum.cachedTokens,
      completionTokens: total.completionTokens + sum.completionTokens,
      picoUsd: total.picoUsd + sum.picoUsd,
    }),
    zero,
  );
}

function statsOf(total: SpendCounts, before: SpendCounts | null): object[] {
  const change = (now: number, then: number | undefined): object | false => {
    if (!then) return false;
    const percent = ((now - then) / then) * 100;
    return { text: `${percent < 0 ? '−' : '+'}${Math.abs(percent).toFixed(1)}%`, tone: '' };
  };
  const perThousand = total.requests === 0 ? 0n : (total.picoUsd * 1000n) / BigInt(total.requests);
  return [
    {
      label: 'Spend',
      value: shownMoney(total.picoUsd),
      delta: change(Number(total.picoUsd), before ? Number(before.picoUsd) : 0),
    },
    { label: 'Requests', value: shortCount(total.requests), delta: change(total.requests, before?.requests) },
    {
      label: 'Failed',
      value: shortCount(total.failed),
      note: total.requests === 0 ? '' : shownPercent(total.failed / total.requests),
    },
    {
      label: 'Tokens in',
      value: shortCount(total.promptTokens),
      delta: change(total.promptTokens, before?.promptTokens),
    },
    {
      label: 'Tokens out',
      value: shortCount(total.completionTokens),
      delta: change(total.completionTokens, before?.completionTokens),
    },
    { label: 'Per 1,000 requests', value: shownMoney(perThousand), note: '' },
  ];
}

function chartOf(query: UsageQuery, days: UsagePage['days'], nameOf: (text: string) => string): object {
  const columns = daysOf(query);
  const rows = days.map((sum) => ({
    column: sum.names.day,
    name: nameOf(sum.names[query.by]) || MISSING,
    value: sum.requests,
  }));
  const { series, values } = seriesOf(rows, columns);
  const today = new Date().toISOString().slice(0, 10);
  return barChart({
    caption: `Requests per day by ${query.by}`,
    columnName: 'Day',
    unit: 'requests',
    series,
    columns: columns.map((day) => ({
      label: shownDay(day),
      values: values.get(day) ?? [],
      isOpen: day === today,
    })),
  });
}

const shownDay = (day: string): string => DAY.format(new Date(day));
