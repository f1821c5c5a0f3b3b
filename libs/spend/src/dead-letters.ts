import { type SliceRow } from './slice-rows.js';
import { type SpendConnection } from './spend-connection.js';

const ADD = `INSERT INTO spend_dead_letters (digest, reason, row_text, words)
VALUES (md5($1)::uuid, $2, $1, $3) ON CONFLICT DO NOTHING`;

/** Rows that a constraint refused: kept for a human, out of the way of the others. */
export class DeadLetters {
  private added = 0;

  constructor(private readonly connection: SpendConnection) {}

  /** Since this process began. */
  get count(): number {
    return this.added;
  }

  async add(rows: readonly SliceRow[], reason: string): Promise<void> {
    await this.connection.run(async (client) => {
      for (const { text, words } of rows) await client.query(ADD, [text, reason, JSON.stringify(words)]);
    });
    this.added += rows.length;
  }
}
