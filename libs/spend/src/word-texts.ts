import { Injectable } from '@nestjs/common';
import { ReportDatabase } from '@app/database';

const MAX_KNOWN = 50_000;
const READ_TEXTS = 'SELECT code, word FROM spend_words WHERE code = ANY($1::int4[])';
const READ_CODE = 'SELECT code FROM spend_words WHERE word = $1';

/** Texts for the codes in rows and totals; a code never changes its meaning. */
@Injectable()
export class WordTexts {
  private known = new Map<number, string>();
  private codes = new Map<string, number>();

  constructor(private readonly database: ReportDatabase) {}

  /** A function that knows every code of `codes`; null and 0 stand for none. */
  async of(codes: Iterable<number | null>): Promise<(code: number | null) => string | null> {
    if (this.known.size > MAX_KNOWN) this.known = new Map();
    const { known } = this;
    const missing = [...new Set(codes)].filter((code) => code !== null && code !== 0 && !known.has(code));
    if (missing.length > 0) {
      const rows = await this.database.query<{ code: number; word: string }>(READ_TEXTS, [missing]);
      for (const { code, word } of rows) known.set(code, word);
    }
    return (code) => (code === null ? null : (known.get(code) ?? null));
  }

  /** Null where no row has ever used the word. */
  async codeOf(word: string): Promise<number | null> {
    const known = this.codes.get(word);
    if (known !== undefined) return known;
    if (this.codes.size > MAX_KNOWN) this.codes = new Map();
    const [row] = await this.database.query<{ code: number }>(READ_CODE, [word]);
    if (row) this.codes.set(word, row.code);
    return row?.code ?? null;
  }
}
