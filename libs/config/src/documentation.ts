import { ENVIRONMENT_TABLE, type VariableRow } from './environment-table.js';

const WIDTH = 100;
const BEGIN =
  '<!-- prettier-ignore-start -->\n<!-- from libs/config/src/environment-table.ts: npm run docs:config -->\n';
const END = '\n<!-- prettier-ignore-end -->';

/** The text of `.env.example`. */
export function envExample(): string {
  const sections = bySection().map(
    ([title, rows]) => `${banner(title)}\n\n${rows.map(exampleEntry).join('\n\n')}\n`,
  );
  const head = comment(
    'Copy this file to .env and fill in what has no # before it. Lines with a # show the default, or an example. ' +
      'Every variable is explained in docs/configuration.md.',
  );
  return `${head}\n\n${sections.join('\n')}`;
}

/** The text of docs/configuration.md with its tables of variables renewed. */
export function withVariableTables(markdown: string): string {
  const begin = markdown.indexOf(BEGIN);
  const end = markdown.indexOf(END, begin);
  if (begin < 0 || end < 0) throw new Error('docs/configuration.md has lost the marks around its tables.');
  return `${markdown.slice(0, begin)}${BEGIN}\n${variableTables()}${markdown.slice(end)}`;
}

function variableTables(): string {
  const tables = bySection().map(([title, rows]) => {
    const lines = rows.map((row) => `| \`${row.name}\` | ${defaultCell(row)} | ${describe(row)} |`);
    return [`### ${title}`, '', '| Variable | Default | Meaning |', '| --- | --- | --- |', ...lines].join(
      '\n',
    );
  });
  return `${tables.join('\n\n')}\n`;
}

function bySection(): [title: string, rows: VariableRow[]][] {
  return [...Map.groupBy(ENVIRONMENT_TABLE, ({ section }) => section)];
}

function defaultCell(row: VariableRow): string {
  if (row.required) return '**required**';
  return row.default === undefined ? '' : `\`${row.default}\``;
}

function describe(row: VariableRow): string {
  const notes = [
    row.secret ? 'Secret.' : '',
    row.composeOnly ? 'Read by docker-compose.yml, not by the gateway.' : '',
  ];
  return [row.description, ...notes].filter((note) => note !== '').join(' ');
}

function banner(title: string): string {
  return `# ${'-'.repeat(WIDTH - 2)}\n# ${title}\n# ${'-'.repeat(WIDTH - 2)}`;
}

function exampleEntry(row: VariableRow): string {
  const value = row.example ?? row.default ?? '';
  const mark = row.fillIn ? '' : '# ';
  const text = `${row.required ? 'Required. ' : ''}${describe(row)}`;
  return `${comment(text)}\n${mark}${row.name}=${value}`;
}

/** Wrapped at {@link WIDTH}, each line behind a `#`. */
function comment(text: string): string {
  const lines = [''];
  for (const word of text.split(' ')) {
    const last = lines.at(-1) ?? '';
    if (last !== '' && `# ${last} ${word}`.length > WIDTH) lines.push(word);
    else lines[lines.length - 1] = last === '' ? word : `${last} ${word}`;
  }
  return lines.map((line) => `# ${line}`).join('\n');
}
