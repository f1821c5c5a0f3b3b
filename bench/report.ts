/** One line of the table. */
export interface Line {
  readonly what: string;
  readonly floor: string;
  readonly gateway: string;
  readonly measured: string;
  readonly bar: string;
  /** Null: for information. */
  readonly pass: boolean | null;
  readonly note?: string;
}

const TITLES = ['', 'floor', 'gateway', 'measured', 'bar', ''] as const;

const cells = (line: Line): string[] => [
  line.what,
  line.floor,
  line.gateway,
  line.measured,
  line.bar,
  line.pass === null ? '' : line.pass ? 'holds' : 'MISSED',
];

/** The table as Markdown, aligned so that it reads well in a terminal too. */
export function table(lines: readonly Line[]): string {
  const rows = [[...TITLES], ...lines.map(cells)];
  const widths = TITLES.map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  const text = rows.map((row) => `| ${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(' | ')} |`);
  const rule = `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`;
  const notes = lines.flatMap((line) => (line.note === undefined ? [] : [`- ${line.what}: ${line.note}`]));
  return [text[0], rule, ...text.slice(1), ...(notes.length > 0 ? ['', ...notes] : [])].join('\n');
}

export const rounded = (value: number, digits = 2): string => value.toFixed(digits);
export const megabytes = (bytes: number): string => `${(bytes / 1_048_576).toFixed(0)} MB`;
export const perCent = (share: number): string => `${(share * 100).toFixed(0)} %`;
