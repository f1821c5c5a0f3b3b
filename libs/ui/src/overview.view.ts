import { type LedgerStats, type SpendLogRow } from '@app/spend';
import { barChart, seriesOf } from './bar-chart.view.js';
import { callRows } from './calls.view.js';
import { budgetMeter } from './keys.view.js';
import { paths } from './paths.js';
import { MISSING, shortCount, shownCount, shownDuration, shownMoney, shownPercent } from './shown-values.js';
import { type HourOfModel, type KeyNearBudget, type TrafficSum } from './traffic-reader.js';

export interface Problem {
  readonly tone: 'bad' | 'warn';
  readonly title: string;
  readonly text: string;
  readonly label: string;
  readonly href: string;
}

export interface OverviewPage {
  readonly now: Date;
  readonly current: TrafficSum;
  readonly before: TrafficSum;
  readonly hours: readonly HourOfModel[];
  readonly calls: readonly SpendLogRow[];
  readonly problems: readonly Problem[];
}

const HOUR_MS = 3_600_000;
const HOURS = 24;

/** Problems first, then numbers against the day before, the day by hour, and calls as they come. */
export function overviewView({ now, current, before, hours, calls, problems }: OverviewPage): object {
  return {
    subtitle: 'The last 24 hours against the 24 hours before. Hours are in UTC.',
    problems: problems.map((problem) => ({ ...problem, icon: problem.tone === 'bad' ? 'stop' : 'alert' })),
    problemCount: problems.length,
    label: 'Last 24 hours',
    stats: statsOf(current, before),
    hasTraffic: current.requests > 0,
    chart: current.requests > 0 && chartOf(hours, now),
    calls: callRows(calls),
    logs: { href: paths.logs },
    empty: {
      icon: 'pulse',
      title: 'No calls in the last 24 hours',
      text: 'Create a key, paste it into a client, and its calls are counted here.',
      label: 'Create a key',
      href: paths.newKey,
    },
  };
}

function statsOf(current: TrafficSum, before: TrafficSum): object[] {
  const errors = (sum: TrafficSum): number => (sum.requests === 0 ? 0 : sum.failed / sum.requests);
  const points = (errors(current) - errors(before)) * 100;
  return [
    {
      label: 'Requests',
      value: shortCount(current.requests),
      delta: growth(current.requests, before.requests),
    },
    { label: 'Tokens', value: shortCount(current.tokens), delta: growth(current.tokens, before.tokens) },
    {
      label: 'Spend',
      value: shownMoney(current.picoUsd),
      delta: growth(Number(current.picoUsd), Number(before.picoUsd)),
    },
    {
      label: 'Errors',
      value: shownPercent(errors(current)),
      delta: before.requests > 0 && {
        text: `${points > 0 ? '+' : points < 0 ? '−' : ''}${Math.abs(points).toFixed(2)} pt`,
        tone: direction(points),
      },
    },
    {
      label: 'First token, p50',
      value: shownDuration(current.firstTokenMs),
      delta: slower(current.firstTokenMs, before.firstTokenMs),
    },
    {
      label: 'Duration, p95',
      value: shownDuration(current.slowMs),
      delta: slower(current.slowMs, before.slowMs),
    },
  ];
}

const direction = (change: number): string => (change > 0 ? 'bad' : change < 0 ? 'good' : '');

function growth(current: number, before: number): object | false {
  if (before <= 0) return false;
  const percent = ((current - before) / before) * 100;
  return { text: `${percent < 0 ? '−' : '+'}${Math.abs(percent).toFixed(1)}%`, tone: '' };
}

function slower(current: number | null, before: number | null): object | false {
  if (current === null || before === null) return false;
  const ms = Math.round(current - before);
  return { text: `${ms < 0 ? '−' : '+'}${shownDuration(Math.abs(ms))}`, tone: direction(ms) };
}

function chartOf(hours: readonly HourOfModel[], now: Date): object {
  const last = Math.floor(now.getTime() / HOUR_MS) * HOUR_MS;
  const columns = Array.from({ length: HOURS }, (_, index) =>
    new Date(last - (HOURS - 1 - index) * HOUR_MS).toISOString(),
  );
  const rows = hours.map(({ hour, model, requests }) => ({
    column: hour.toISOString(),
    name: model || MISSING,
    value: requests,
  }));
  const { series, values } = seriesOf(rows, columns);
  return barChart({
    caption: 'Requests per hour in the last 24 hours, by model',
    columnName: 'Hour',
    unit: 'requests',
    series,
    columns: columns.map((column, index) => ({
      label: column.slice(11, 16),
      values: values.get(column) ?? [],
      isOpen: index === HOURS - 1,
    })),
  });
}

/** What of the keys and the journal needs somebody. */
export function problemsOf(keys: readonly KeyNearBudget[], ledger: LedgerStats): Problem[] {
  return [...journalProblems(ledger), ...keys.map(budgetProblem)];
}

function budgetProblem({ hash, name, budgetUsd, spentPicoUsd }: KeyNearBudget): Problem {
  const meter = budgetMeter(spentPicoUsd, budgetUsd) as { of: string; spent: string; bar: { value: number } };
  const isSpent = meter.bar.value >= 1;
  return {
    tone: isSpent ? 'bad' : 'warn',
    title: isSpent
      ? `${name} has used up its budget.`
      : `${name} has used ${shownPercent(meter.bar.value)} of its budget.`,
    text: `${meter.spent} ${meter.of}. ${isSpent ? 'Its calls get 429.' : 'At 100% its calls get 429.'}`,
    label: 'Open key',
    href: paths.key(hash),
  };
}

const LAG_MS = 30_000;

function journalProblems(ledger: LedgerStats): Problem[] {
  const open = { label: 'Open journal', href: `${paths.settings}#journal` };
  if (ledger.mode === 'unavailable') {
    return [
      {
        tone: 'bad',
        title: 'Calls cannot be booked.',
        text: 'Neither the journal nor PostgreSQL takes rows, so new calls are refused.',
        ...open,
      },
    ];
  }
  if (ledger.shipperLagMs < LAG_MS) return [];
  return [
    {
      tone: 'warn',
      title: `${shownCount(ledger.unshippedRows)} calls wait to be written to PostgreSQL.`,
      text: `The oldest is ${shownDuration(ledger.shipperLagMs)} old. Nothing is lost: they are in the journal.`,
      ...open,
    },
  ];
}
