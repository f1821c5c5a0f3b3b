const END = '# EOF';
/** Each process tells the same, or the worst of them is what counts. */
const GREATEST = /_(?:seconds|state|loaded|loading|info|budget|budget_metric|limit|cap_bytes|max_fds)$/;
const LEAST = /_(?:connected|usable)$|remaining/;

interface MergedFamily {
  readonly comments: string[];
  readonly name: string;
  type: string;
  readonly series: Map<string, number>;
}

/**
 * One scrape that speaks for several processes: counters and histograms are added, and gauges too unless their name
 * says that the greatest or the least is meant.
 * @param texts in the text format or in OpenMetrics, all in the same
 */
export function mergeScrapes(texts: readonly string[]): string {
  const families = new Map<string, MergedFamily>();
  let isOpenMetrics = false;
  for (const text of texts) {
    let family = familyOf(families, '');
    for (const line of text.split('\n')) {
      if (line === END) isOpenMetrics = true;
      else if (line.startsWith('# ')) family = comment(families, line);
      else if (line !== '') add(family, line);
    }
  }
  const parts = [...families.values()].map(({ comments, series }) =>
    [...comments, ...[...series].map(([name, value]) => `${name} ${numberText(value)}`), ''].join('\n'),
  );
  return parts.join('') + (isOpenMetrics ? `${END}\n` : '');
}

/** What a process that is gone had counted; its gauges went with it. */
export function countersOf(text: string): string {
  let isCounted = false;
  const lines = text.split('\n').filter((line) => {
    if (line === END) return true;
    if (line.startsWith('# TYPE ')) isCounted = /^(?:counter|histogram)$/.test(line.split(' ')[3] ?? '');
    return line.startsWith('# ') || isCounted;
  });
  return lines.join('\n');
}

function familyOf(families: Map<string, MergedFamily>, name: string): MergedFamily {
  const known = families.get(name);
  if (known) return known;
  const family: MergedFamily = { comments: [], name, type: 'gauge', series: new Map() };
  families.set(name, family);
  return family;
}

/** `# HELP name …` or `# TYPE name type`. */
function comment(families: Map<string, MergedFamily>, line: string): MergedFamily {
  const [, what, name = '', type = ''] = line.split(' ', 4);
  const family = familyOf(families, name);
  if (what === 'TYPE') family.type = type;
  if (!family.comments.some((known) => known.startsWith(`# ${what} `))) family.comments.push(line);
  return family;
}

function add({ name, type, series }: MergedFamily, line: string): void {
  const afterLabels = line.lastIndexOf('} ');
  const end = afterLabels < 0 ? line.indexOf(' ') : afterLabels + 1;
  const sample = line.slice(0, end);
  const value = numberOf(line.slice(end + 1));
  const before = series.get(sample);
  series.set(sample, before === undefined ? value : joined({ name, type, sample }, before, value));
}

function joined(
  { name, type, sample }: { readonly name: string; readonly type: string; readonly sample: string },
  one: number,
  other: number,
): number {
  const isQuantile = type === 'summary' && sample.includes('quantile="');
  if (type !== 'gauge' && !isQuantile) return one + other;
  if (LEAST.test(name)) return Math.min(one, other);
  return isQuantile || GREATEST.test(name) ? Math.max(one, other) : one + other;
}

const numberOf = (text: string): number => Number(text.replace('Inf', 'Infinity').replace('Nan', 'NaN'));

function numberText(value: number): string {
  if (value === Infinity) return '+Inf';
  return value === -Infinity ? '-Inf' : `${value}`;
}
