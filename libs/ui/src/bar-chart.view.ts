import { plural, shownCount } from './shown-values.js';

/** One column: its label, and a value for each series in their order. */
export interface ChartColumn {
  readonly label: string;
  readonly values: readonly number[];
  /** The period runs still, so it is drawn pale. */
  readonly isOpen?: boolean;
}

export interface BarChart {
  readonly caption: string;
  readonly columnName: string;
  readonly series: readonly string[];
  readonly columns: readonly ChartColumn[];
  readonly shown?: (value: number) => string;
  /** `request`, for the note of a column; null where values say it themselves. */
  readonly unit: string | null;
}

/** What charts count, one of it. */
export const UNITS = { requests: 'request', tokens: 'token', spend: null } as const;

const TOP = 6.5;
const BASE = 89.8;
const GAP = 0.13;
const MAX_LABELS = 8;
/** The last colour stands for all others. */
export const MAX_SERIES = 7;

/** Stacked columns as SVG in per cent, with the same numbers as a table. */
export function barChart(chart: BarChart): object {
  const { columns, series, caption, columnName, unit, shown = shownCount } = chart;
  const totals = columns.map(({ values }) => values.reduce((sum, value) => sum + value, 0));
  const ticks = niceTicks(Math.max(...totals, 0), totals.every(Number.isInteger));
  const top = ticks.at(-1) ?? 1;
  const height = (value: number): number => round((value / top) * (BASE - TOP));
  const width = 100 / Math.max(columns.length, 1);
  const every = Math.max(1, Math.ceil(columns.length / MAX_LABELS));
  return {
    caption,
    columnName,
    series: series.map((name, index) => ({
      name,
      tone: `f${index + 1}`,
      total: shown(columns.reduce((sum, { values }) => sum + (values[index] ?? 0), 0)),
    })),
    ticks: ticks.map((value, index) => ({
      y: round(BASE - height(value)),
      text: shown(value),
      isBase: index === 0,
    })),
    columns: columns.map((column, at) => ({
      label: column.label,
      isOpen: column.isOpen ?? false,
      hit: { x: round(at * width), width: round(width), y: TOP, height: round(BASE - TOP) },
      bars: stack(column.values, { x: at * width, width, height }),
      note: [
        `${column.label}, ${unit === null ? shown(totals[at] ?? 0) : plural(totals[at] ?? 0, unit, { shown })}`,
        ...series.map((name, index) => `${name} ${shown(column.values[index] ?? 0)}`),
      ].join('\n'),
      cells: column.values.map(shown),
      total: shown(totals[at] ?? 0),
    })),
    labels: columns.flatMap((column, at) =>
      at % every === 0 ? [labelOf(column.label, { at, every, width })] : [],
    ),
  };
}

/** Every other label is left out where there is little room. */
function labelOf(text: string, place: { at: number; every: number; width: number }): object {
  const x = (place.at + 0.5) * place.width;
  return { text, x: round(x), anchor: anchorOf(x), isOdd: (place.at / place.every) % 2 === 1 };
}

function stack(
  values: readonly number[],
  place: { x: number; width: number; height: (value: number) => number },
): object[] {
  let y = BASE;
  return values.flatMap((value, index) => {
    if (value <= 0) return [];
    const height = place.height(value);
    y -= height;
    return [
      {
        tone: `f${index + 1}`,
        x: round(place.x + place.width * GAP),
        width: round(place.width * (1 - 2 * GAP)),
        y: round(y),
        height,
      },
    ];
  });
}

/** From 0 in two to five round steps to at least `max`. */
export function niceTicks(max: number, isCounted = false): number[] {
  if (max <= 0) return [0, 1];
  const rough = max / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const nice = ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10) * power;
  // What is counted comes in whole numbers, and so do the lines.
  const step = isCounted ? Math.max(1, nice) : nice;
  const count = Math.ceil(max / step - 1e-9);
  return Array.from({ length: count + 1 }, (_, index) => round9(index * step));
}

const anchorOf = (x: number): string => (x < 4 ? 'start' : x > 96 ? 'end' : 'middle');
const round = (value: number): number => Math.round(value * 100) / 100;
const round9 = (value: number): number => Math.round(value * 1e9) / 1e9;

/** The largest series by name, the rest as "Others", and the columns sorted into them. */
export function seriesOf(
  rows: readonly { column: string; name: string; value: number }[],
  columns: readonly string[],
  others: ReadonlyMap<string, number> | null = null,
): { series: string[]; values: Map<string, number[]> } {
  const totals = new Map<string, number>();
  for (const { name, value } of rows) totals.set(name, (totals.get(name) ?? 0) + value);
  const ordered = [...totals].sort((a, b) => b[1] - a[1]).map(([name]) => name);
  const isCut = others !== null || ordered.length > MAX_SERIES;
  const series = isCut ? [...ordered.slice(0, MAX_SERIES - 1), 'Others'] : ordered;
  const place = new Map(ordered.map((name, index) => [name, Math.min(index, series.length - 1)]));
  const values = new Map(columns.map((column) => [column, series.map(() => 0)]));
  for (const { column, name, value } of rows) {
    const list = values.get(column);
    const index = place.get(name) ?? 0;
    if (list) list[index] = (list[index] ?? 0) + value;
  }
  for (const [column, value] of others ?? []) {
    const list = values.get(column);
    if (list) list[series.length - 1] = value;
  }
  return { series, values };
}
