/** What a spreadsheet computes, whatever blanks and quotes it hides behind. */
const FORMULA = /^(?:[\s"']*[=+\-@|%\t\r\n]|[＝＋－＠])/u;

/** One cell of RFC 4180. Text that a spreadsheet would take for a formula gets an apostrophe in front. */
export function csvCell(text: string): string {
  const safe = FORMULA.test(text) ? `'${text}` : text;
  return /[",\r\n;\t]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
