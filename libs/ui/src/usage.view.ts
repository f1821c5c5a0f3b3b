import { type SpendCounts } from '@app/spend';
import { barChart, seriesOf, UNITS } from './bar-chart.view.js';
import { logsHref } from './read-log-query.js';
import { paths, withQuery } from './paths.js';
import { addDays, daysOf, GROUPS, MEASURES, usageHref, type UsageQuery } from './read-usage-query.js';
import { MISSING, nameless, shortCount, shownCount, shownMoney, shownPercent } from './shown-values.js';
import { growth, MEASURED, PICO, sumOf } from './spend-sums.js';
import { type Usage, type UsageSum } from './usage-reader.js';

const RANGES = [7, 30, 90];
const MAX_GROUPS = 200;
const DAY = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' });

/** Totals against the period before, the days, and a table with shares and changes. */
export function usageView(query: UsageQuery, usage: Usage, isAdmin: boolean): object {
  const total = usage.total ?? sumOf([]);
  const label = GROUPS.find(({ value }) => value === query.by)?.label ?? 'Model';
  const { measure, by } = query;
  return {
    subtitle: `${shownDay(query.from)} to ${shownDay(query.to)} (UTC), against as many days before`,
    action: paths.usage,
    ...query,
    csv: { href: withQuery('/ui/usage.csv', { ...query }) },
    ranges: RANGES.map((count) => {
      const from = addDays(query.to, 1 - count);
      return { label: `${count} d`, href: usageHref({ ...query, from }), isCurrent: from === query.from };
    }),
    measures: MEASURES.map((one) => ({
      label: one.label,
      href: usageHref({ ...query, measure: one.value }),
      isCurrent: one.value === measure,
    })),
    by: GROUPS.filter(({ isForAll }) => isAdmin || isForAll).map((one) => ({
      value: one.value,
      label: one.label,
      isSelected: one.value === by,
    })),
    label: 'Totals',
    stats: statsOf(total, usage.beforeTotal ?? sumOf([])),
    hasTraffic: usage.groups.length > 0 || total.requests > 0,
    chartTitle: `${MEASURES.find(({ value }) => value === measure)?.label ?? 'Requests'} per day`,
    chart: usage.groups.length > 0 && chartOf(query, usage),
    groupLabel: label,
    groupWord: label.toLowerCase(),
    groups: usage.groups.slice(0, MAX_GROUPS).map((sum) => groupOf(query, sum, { usage, total })),
    cut: usage.groups.length > MAX_GROUPS && {
      text: `The ${MAX_GROUPS} dearest of ${shownCount(usage.groups.length)}. The CSV has all of them.`,
    },
    empty: {
      icon: 'chart',
      title: 'Nothing was used in this time',
      text: 'Totals are kept by day. Calls of today are counted here a second after they end.',
    },
  };
}

/** The logs can be narrowed by these. */
const LOGGED: ReadonlySet<string> = new Set(['model', 'key', 'user']);

function groupOf(
  { by }: UsageQuery,
  sum: UsageSum,
  { usage, total }: { readonly usage: Usage; readonly total: SpendCounts },
): object {
  const before = usage.before.get(sum.id);
  const isPriced = total.picoUsd > 0n;
  const share = isPriced
    ? Number((sum.picoUsd * 10_000n) / total.picoUsd) / 10_000
    : sum.requests / Math.max(total.requests, 1);
  return {
    name: sum.name || nameless(by),
    href: LOGGED.has(by) && sum.id !== '' ? logsHref({ [by]: sum.id }) : '',
    requests: shownCount(sum.requests),
    change: growth(sum.requests, before?.requests) || { text: before ? MISSING : 'new', tone: '' },
    failed: shownCount(sum.failed),
    tokensIn: shownCount(sum.promptTokens),
    tokensOut: shownCount(sum.completionTokens),
    spend: shownMoney(sum.picoUsd),
    share: shownPercent(share),
    bar: Math.min(100, Math.round(share * 1000) / 10),
  };
}

function statsOf(total: SpendCounts, before: SpendCounts): object[] {
  const perThousand = total.requests === 0 ? 0n : (total.picoUsd * 1000n) / BigInt(total.requests);
  return [
    {
      label: 'Spend',
      value: shownMoney(total.picoUsd),
      delta: growth(Number(total.picoUsd), Number(before.picoUsd)),
    },
    { label: 'Requests', value: shortCount(total.requests), delta: growth(total.requests, before.requests) },
    {
      label: 'Failed',
      value: shortCount(total.failed),
      note: total.requests === 0 ? '' : shownPercent(total.failed / total.requests),
    },
    {
      label: 'Tokens in',
      value: shortCount(total.promptTokens),
      delta: growth(total.promptTokens, before.promptTokens),
    },
    {
      label: 'Tokens out',
      value: shortCount(total.completionTokens),
      delta: growth(total.completionTokens, before.completionTokens),
    },
    { label: 'Per 1,000 requests', value: shownMoney(perThousand), note: '' },
  ];
}

function chartOf(query: UsageQuery, { days, dayTotals }: Usage): object {
  const { measure, by } = query;
  const columns = daysOf(query);
  const rows = days.map((sum) => ({
    column: sum.day,
    name: sum.name || nameless(by),
    value: MEASURED[measure](sum),
  }));
  const others = dayTotals && new Map(dayTotals.map((sum) => [sum.day, MEASURED[measure](sum)]));
  for (const { column, value } of others ? rows : []) others?.set(column, (others.get(column) ?? 0) - value);
  const { series, values } = seriesOf(rows, columns, others);
  const today = new Date().toISOString().slice(0, 10);
  return barChart({
    caption: `${measure === 'spend' ? 'Spend' : measure} per day by ${by.replace('_', ' ')}`,
    columnName: 'Day',
    unit: UNITS[measure],
    ...(measure === 'spend' && { shown: (usd: number) => shownMoney(BigInt(Math.round(usd * PICO))) }),
    series,
    columns: columns.map((day) => ({
      label: shownDay(day),
      values: values.get(day) ?? [],
      isOpen: day === today,
    })),
  });
}

const shownDay = (day: string): string => DAY.format(new Date(day));
