import { type BucketCounts } from './bucket-counts.js';

export type FamilyType = 'counter' | 'gauge' | 'histogram';

/** One series: its labels as written between the braces, and what it stands at. */
export interface Series {
  readonly labels: string;
  readonly value: number | BucketCounts;
}

/** One metric with all its series, read at each scrape. Names of counters come without `_total`. */
export interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: FamilyType;
  readonly read: () => Iterable<Series>;
}

/** Labels in alphabetical order, escaped; made once for each series, not for each scrape. */
export function labelText(labels: Readonly<Record<string, string>>): string {
  return Object.keys(labels)
    .sort()
    .map((name) => `${name}="${escaped(labels[name] ?? '')}"`)
    .join(',');
}

/** A family in the text format or in OpenMetrics; nothing of one without series. */
export function familyText({ name, help, type, read }: Family, isOpenMetrics: boolean): string {
  const lines: string[] = [];
  const sample = type === 'counter' ? `${name}_total` : name;
  for (const { labels, value } of read()) {
    if (typeof value === 'number')
      lines.push(`${sample}${labels === '' ? '' : `{${labels}}`} ${numberText(value)}`);
    else addBuckets(lines, name, labels, value);
  }
  if (lines.length === 0) return '';
  const head = isOpenMetrics ? name : sample;
  return `# HELP ${head} ${help}\n# TYPE ${head} ${type}\n${lines.join('\n')}\n`;
}

function addBuckets(lines: string[], name: string, labels: string, buckets: BucketCounts): void {
  const prefix = labels === '' ? '' : `${labels},`;
  let below = 0;
  buckets.bounds.forEach((bound, at) => {
    below += buckets.counts[at] ?? 0;
    lines.push(`${name}_bucket{${prefix}le="${decimal(bound)}"} ${below}`);
  });
  const braces = labels === '' ? '' : `{${labels}}`;
  lines.push(`${name}_bucket{${prefix}le="+Inf"} ${buckets.count}`);
  lines.push(`${name}_sum${braces} ${numberText(buckets.sum)}`, `${name}_count${braces} ${buckets.count}`);
}

/** As Python's client writes them: `1.0`. */
const decimal = (bound: number): string => (Number.isInteger(bound) ? `${bound}.0` : `${bound}`);

function numberText(value: number): string {
  if (value === Infinity) return '+Inf';
  return value === -Infinity ? '-Inf' : `${value}`;
}

const escaped = (text: string): string =>
  text.replace(/[\\"\n]/g, (char) => (char === '\n' ? '\\n' : `\\${char}`));
