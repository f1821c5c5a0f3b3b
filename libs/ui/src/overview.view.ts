import { type SpendCounts, type SpendLogRow } from '@app/spend';
import { barChart, seriesOf, UNITS } from './bar-chart.view.js';
import { callRows } from './calls.view.js';
import { backendsView } from './loaded-models.view.js';
import { type Backend } from './loaded-models.js';
import { type OverviewTraffic, type TopList, type TrafficTotal } from './overview-traffic.js';
import { paths, withQuery } from './paths.js';
import { type Problem } from './problems.view.js';
import {
  overviewChoices,
  type OverviewMeasure,
  type OverviewPeriod,
  type OverviewQuery,
} from './read-overview-query.js';
import { logsHref } from './read-log-query.js';
import { nameless, shortCount, shownDuration, shownMoney, shownPercent } from './shown-values.js';
import { sparkline } from './sparkline.view.js';
import { growth, sumOf } from './spend-sums.js';

export interface OverviewPage {
  readonly query: OverviewQuery;
  readonly traffic: OverviewTraffic;
  readonly backends: readonly Backend[];
  readonly calls: readonly SpendLogRow[];
  readonly problems: readonly Problem[];
}

const DAY_SECONDS = 86_400;
const TOP_NAMES = 5;
const PICO = 1e12;
const DAY = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' });

/** Problems first, then numbers against the period before, the columns, what is loaded, and calls as they come. */
export function overviewView({ query, traffic, backends, calls, problems }: OverviewPage): object {
  const { period, measure } = query;
  const { current, before } = traffic;
  const gpus = backendsView(backends);
  return {
    subtitle: `The last ${period.words} against the ${period.words} before, times in UTC`,
    ...overviewChoices(query),
    refresh: { path: withQuery(paths.home, { period: period.value, measure, by: query.by }) },
    problems: problems.map((problem) => ({ ...problem, icon: problem.tone === 'bad' ? 'stop' : 'alert' })),
    problemCount: problems.length,
    label: `The last ${period.words}`,
    stats: statsOf(traffic, current, before),
    chartTitle: `${MEASURES[measure].title} per ${PER[period.stepSeconds] ?? 'hour'}`,
    chart: current.requests > 0 && chartOf(query, traffic),
    gpus,
    hasGpus: gpus.length > 0,
    tops: traffic.tops.filter(({ names }) => names.length > 0).map((top) => topView(top, current)),
    calls: callRows(calls),
    logs: { href: paths.logs },
    models: { href: paths.models },
    empty: {
      icon: 'pulse',
      title: `No calls in the last ${period.words}`,
      text: 'Create a key, paste it into a client, and its calls are counted here.',
      label: 'Create a key',
      href: paths.newKey,
    },
  };
}

const PER: Readonly<Record<number, string>> = { 300: '5 minutes', 3600: 'hour', 86_400: 'day' };

const MEASURES: Readonly<
  Record<
    OverviewMeasure,
    { title: string; of: (sum: SpendCounts) => number; shown: (value: number) => string }
  >
> = {
  requests: { title: 'Requests', of: ({ requests }) => requests, shown: shortCount },
  tokens: {
    title: 'Tokens',
    of: ({ promptTokens, completionTokens }) => promptTokens + completionTokens,
    shown: shortCount,
  },
  spend: {
    title: 'Spend',
    of: ({ picoUsd }) => Number(picoUsd) / PICO,
    shown: (usd) => shownMoney(BigInt(Math.round(usd * PICO))),
  },
};

function statsOf({ columns, parts }: OverviewTraffic, current: TrafficTotal, before: TrafficTotal): object[] {
  const byColumn = Map.groupBy(parts, ({ at }) => at.getTime());
  const sums = columns.map((at) => sumOf(byColumn.get(at.getTime()) ?? []));
  const errors = (sum: SpendCounts): number => (sum.requests === 0 ? 0 : sum.failed / sum.requests);
  const points = (errors(current) - errors(before)) * 100;
  const measured = Object.values(MEASURES).map(({ title, of, shown }) => ({
    label: title,
    value: shown(of(current)),
    delta: growth(of(current), of(before)),
    spark: sparkline(sums.map(of)),
  }));
  return [
    ...measured,
    {
      label: 'Errors',
      value: shownPercent(errors(current)),
      delta: before.requests > 0 && {
        text: `${points > 0 ? '+' : points < 0 ? '−' : ''}${Math.abs(points).toFixed(2)} pt`,
        tone: direction(points),
      },
      spark: sparkline(sums.map(errors)),
    },
    quickness('First token, p50', current.firstTokenMs, before.firstTokenMs),
    quickness('Duration, p95', current.slowMs, before.slowMs),
  ];
}

const direction = (change: number): string => (change > 0 ? 'bad' : change < 0 ? 'good' : '');

function quickness(label: string, current: number | null, before: number | null): object {
  const value = shownDuration(current);
  if (current === null || before === null) return { label, value, note: '' };
  const ms = Math.round(current - before);
  const text = `${ms < 0 ? '−' : '+'}${shownDuration(Math.abs(ms))}`;
  return { label, value, delta: { text, tone: direction(ms) } };
}

function chartOf({ period, measure, by }: OverviewQuery, { columns, parts }: OverviewTraffic): object {
  const { title, of, shown } = MEASURES[measure];
  const keys = columns.map((at) => at.toISOString());
  const rows = parts.map((part) => ({
    column: part.at.toISOString(),
    name: part.name || nameless(by),
    value: of(part),
  }));
  const { series, values } = seriesOf(rows, keys);
  return barChart({
    caption: `${title} in the last ${period.words}, by ${by}`,
    columnName: period.columnName,
    unit: UNITS[measure],
    shown,
    series,
    columns: columns.map((at, index) => ({
      label: labelOf(at, period),
      values: values.get(keys[index] ?? '') ?? [],
      isOpen: index === columns.length - 1,
    })),
  });
}

const labelOf = (at: Date, { stepSeconds }: OverviewPeriod): string =>
  stepSeconds < DAY_SECONDS ? at.toISOString().slice(11, 16) : DAY.format(at);

const TOP_TITLES = { model: 'Models', key: 'Keys', user: 'Users', team: 'Teams' } as const;

function topView({ by, names }: TopList, current: SpendCounts): object {
  return {
    title: `Top ${TOP_TITLES[by].toLowerCase()}`,
    column: TOP_TITLES[by].slice(0, -1),
    all: { href: withQuery(paths.usage, { by }) },
    rows: names.slice(0, TOP_NAMES).map((sum) => ({
      name: sum.name,
      href: by === 'key' ? '' : logsHref({ [by]: sum.name }),
      requests: shortCount(sum.requests),
      spend: shownMoney(sum.picoUsd),
      share: current.requests === 0 ? 0 : Math.round((sum.requests / current.requests) * 1000) / 10,
      failed: sum.failed > 0 && shownPercent(sum.failed / sum.requests),
    })),
  };
}
