import { type TrafficDimension } from '@app/spend';
import { paths, withQuery } from './paths.js';

export type OverviewMeasure = 'requests' | 'tokens' | 'spend';

/** A stretch that the overview shows: so many columns of so many seconds. */
export interface OverviewPeriod {
  readonly value: string;
  readonly label: string;
  readonly words: string;
  readonly columnName: string;
  readonly columns: number;
  readonly stepSeconds: number;
}

export interface OverviewQuery {
  readonly period: OverviewPeriod;
  readonly measure: OverviewMeasure;
  readonly by: TrafficDimension;
}

interface Choice<T extends string> {
  readonly value: T;
  readonly label: string;
}

const HOUR = 3_600;
const DAY = 86_400;

const DAY_PERIOD: OverviewPeriod = {
  value: '24h',
  label: '24 h',
  words: '24 hours',
  columnName: 'Hour',
  columns: 24,
  stepSeconds: HOUR,
};
const PERIODS: readonly OverviewPeriod[] = [
  { value: '1h', label: '1 h', words: 'hour', columnName: 'From', columns: 12, stepSeconds: 300 },
  DAY_PERIOD,
  { value: '7d', label: '7 d', words: '7 days', columnName: 'Day', columns: 7, stepSeconds: DAY },
  { value: '30d', label: '30 d', words: '30 days', columnName: 'Day', columns: 30, stepSeconds: DAY },
];

const MEASURES: readonly Choice<OverviewMeasure>[] = [
  { value: 'requests', label: 'Requests' },
  { value: 'tokens', label: 'Tokens' },
  { value: 'spend', label: 'Spend' },
];

const DIMENSIONS: readonly Choice<TrafficDimension>[] = [
  { value: 'model', label: 'Model' },
  { value: 'key', label: 'Key' },
  { value: 'team', label: 'Team' },
  { value: 'user', label: 'User' },
];

/** What the address does not say, or says wrongly, is as by default. */
export function readOverviewQuery(query: URLSearchParams): OverviewQuery {
  return {
    period: PERIODS.find(({ value }) => value === query.get('period')) ?? DAY_PERIOD,
    measure: MEASURES.find(({ value }) => value === query.get('measure'))?.value ?? 'requests',
    by: DIMENSIONS.find(({ value }) => value === query.get('by'))?.value ?? 'model',
  };
}

/** The groups of links that choose one of each. */
export function overviewChoices(query: OverviewQuery): {
  readonly periods: object[];
  readonly measures: object[];
  readonly dimensions: object[];
} {
  const { period, measure, by } = query;
  const links = (name: string, current: string, choices: readonly Choice<string>[]): object[] =>
    choices.map(({ value, label }) => ({
      label,
      href: withQuery(paths.home, { period: period.value, measure, by, [name]: value }),
      isCurrent: value === current,
    }));
  return {
    periods: links('period', period.value, PERIODS),
    measures: links('measure', measure, MEASURES),
    dimensions: links('by', by, DIMENSIONS),
  };
}
