import { type SpendConnection } from './spend-connection.js';
import { ADD_WORDS, READ_CODES } from './spend-statement.js';
import { type Word } from './word-table.js';

/** Words that many segments share; more than this many are rather asked for again. */
const MAX_KNOWN = 50_000;

/** The database's codes for words. Known ones cost nothing; codes are forgotten with the connection. */
export class WordCodes {
  private known = new Map<string, number>();
  private epoch = -1;

  constructor(private readonly connection: SpendConnection) {}

  /** One code per word, in the same order, without the unused first. */
  async of(words: readonly Word[]): Promise<(number | null)[]> {
    if (this.epoch !== this.connection.epoch || this.known.size > MAX_KNOWN) {
      this.known = new Map();
      this.epoch = this.connection.epoch;
    }
    const missing = words.filter((word): word is string => word !== null && !this.known.has(word));
    if (missing.length > 0) await this.learn([...new Set(missing)]);
    const codes: (number | null)[] = [];
    for (let index = 1; index < words.length; index++) {
      const word = words[index] ?? null;
      codes.push(word === null ? null : (this.known.get(word) ?? null));
    }
    return codes;
  }

  private async learn(words: readonly string[]): Promise<void> {
    const { known } = this;
    await this.connection.run(async (client) => {
      for (const text of [READ_CODES, ADD_WORDS, READ_CODES]) {
        const missing = words.filter((word) => !known.has(word));
        if (missing.length === 0) return;
        const { rows } = await client.query<{ word: string; code: number }>(text, [missing]);
        for (const { word, code } of rows) known.set(word, code);
      }
    });
  }
}
