import { Visitor } from '../../ui/browsing.ts';
import { type Arena } from '../arena.ts';
import { type Attack, check, type Finding } from '../attack.ts';

export const SHEETS: readonly Attack[] = [
  {
    id: 'X120',
    input: 'formulas in names that are exported',
    expected: 'text in every cell',
    run: formulas,
  },
];

const FORMULAS = [
  "=cmd|' /C calc'!A0",
  '=HYPERLINK("http://evil.test","x")',
  '+1+1',
  '-1+1',
  '@SUM(1)',
  '\t=1+1',
  ' =1+1',
  '|calc',
  '＝1+1',
  '%0A=1+1',
  '"=1+1',
];

async function formulas(arena: Arena): Promise<readonly Finding[]> {
  const { gateway } = arena;
  const admin = await Visitor.signedIn(gateway);
  const today = new Date().toISOString().slice(0, 10);
  let last = '';
  for (const formula of FORMULAS) {
    const key = await gateway.key({
      key_alias: `${formula}${Date.now()}`,
      user_id: formula.trim(),
      tags: [formula],
    });
    const call = await gateway.chat({ user: formula, max_tokens: 1 }, { key });
    last = call.headers['x-litellm-call-id'] ?? '';
  }
  await gateway.row(last);
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  const sheets = await Promise.all([
    gateway.ask(`/spend/logs/export?start_date=${today}&end_date=${today}`),
    admin.get('/ui/usage.csv?by=user'),
    admin.get('/ui/usage.csv?by=key'),
  ]);
  return sheets.flatMap(({ status, text }, at) => {
    const acting = text.split(/\r?\n/).flatMap(cellsOf).filter(isFormula);
    return [
      check(`sheet ${at}`, status === 200 && text.length > 100, `status ${status}: ${text.slice(0, 200)}`),
      check(`cells of sheet ${at}`, acting.length === 0, acting.slice(0, 5).join(' ; ')),
    ];
  });
}

/** The cells of a line of RFC 4180, unquoted. */
function cellsOf(line: string): string[] {
  return [...line.matchAll(/("(?:[^"]|"")*"|[^,]*)(?:,|$)/g)].map(([, cell = '']) =>
    cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell,
  );
}

/** What a spreadsheet computes, blanks and quotes in front of it set aside; numbers are numbers. */
const isFormula = (cell: string): boolean =>
  /^[\s"]*[=+\-@|＝＋－＠]/u.test(cell) && !/^-?\d+(?:\.\d+)?$/.test(cell);
