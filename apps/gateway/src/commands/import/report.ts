/** How faithfully something is carried over. */
export type Verdict = 'exact' | 'approximate' | 'not supported';

/** Why one thing is not carried over exactly. */
export interface Note {
  readonly verdict: Exclude<Verdict, 'exact'>;
  readonly why: string;
}

export interface ReportItem extends Note {
  readonly kind: string;
  /** A name that people recognise it by; never a secret. */
  readonly item: string;
}

/** What happened to all things of one kind; in a dry run, what would happen. */
export interface KindReport {
  readonly kind: string;
  readonly found: number;
  readonly created: number;
  readonly changed: number;
  /** The same on both sides. */
  readonly unchanged: number;
  /** Changed or deleted here since they were carried over: they stay as they are. */
  readonly kept: number;
  readonly items: readonly ReportItem[];
}

export interface ImportReport {
  readonly applied: boolean;
  readonly kinds: readonly KindReport[];
  readonly exact: number;
  readonly approximate: number;
  readonly notSupported: number;
  readonly created: number;
  readonly changed: number;
  readonly seconds: number;
}

export const approximate = (why: string): Note => ({ verdict: 'approximate', why });
export const notSupported = (why: string): Note => ({ verdict: 'not supported', why });

export function reportOf(kinds: readonly KindReport[], applied: boolean, seconds: number): ImportReport {
  const sum = (count: (kind: KindReport) => number): number =>
    kinds.reduce((total, kind) => total + count(kind), 0);
  const thingsWith = (kind: KindReport, verdict: Verdict): number =>
    worst(kind).filter((one) => one === verdict).length;
  const approximated = sum((kind) => thingsWith(kind, 'approximate'));
  const left = sum((kind) => thingsWith(kind, 'not supported'));
  return {
    applied,
    kinds,
    exact: Math.max(0, sum(({ found }) => found) - approximated - left),
    approximate: approximated,
    notSupported: left,
    created: sum(({ created }) => created),
    changed: sum(({ changed }) => changed),
    seconds,
  };
}

/** One verdict for each thing that has any note. */
function worst({ items }: KindReport): Verdict[] {
  const verdicts = new Map<string, Verdict>();
  for (const { item, verdict } of items) {
    if (verdict === 'not supported' || !verdicts.has(item)) verdicts.set(item, verdict);
  }
  return [...verdicts.values()];
}

const NAME_WIDTH = 20;

/** The report for people. */
export function reportText(report: ImportReport): string {
  const lines = [
    report.applied ? 'Moving in from LiteLLM' : 'Moving in from LiteLLM: a dry run, nothing is written',
    '',
  ];
  for (const kind of report.kinds) {
    lines.push(`${kind.kind.padEnd(NAME_WIDTH)}${countsText(kind)}`);
    for (const { item, verdict, why } of kind.items) lines.push(`  ${verdict}: ${item} – ${why}`);
  }
  const { exact, approximate: near, notSupported: left, created, changed } = report;
  lines.push(
    '',
    `${exact} exact, ${near} approximate, ${left} not supported, in ${report.seconds.toFixed(1)} s.`,
  );
  if (created + changed === 0) lines.push('Everything is here already: nothing was left to do.');
  else if (!report.applied) lines.push('Run it again with --apply to carry this over.');
  return `${lines.join('\n')}\n`;
}

function countsText({ found, created, changed, unchanged, kept }: KindReport): string {
  const counts: [number, string][] = [
    [created, 'new'],
    [changed, 'changed'],
    [unchanged, 'here already'],
    [kept, 'left as they are'],
  ];
  const told = counts.filter(([count]) => count > 0).map(([count, word]) => `${count} ${word}`);
  return [`${found} found`, ...told].join(', ');
}
