import pg from 'pg';
import { type Target } from './mover.js';
import { type Query } from './target-table.js';

const CONNECT_TIMEOUT_MS = 5_000;
/** Of the tables that are compared with, the one that was made last. */
const LAST_TABLE = 'spend_prompts';

/** What a dry run compares with. */
export class ReadOnlyTarget implements Target {
  readonly write = null;
  readonly note = (): Promise<void> => Promise.resolve();

  private constructor(
    private readonly client: pg.Client,
    readonly query: Query | null,
  ) {}

  static async open(url: string): Promise<ReadOnlyTarget> {
    const client = new pg.Client({
      connectionString: url,
      application_name: 'gateway-import',
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      options: '-c timezone=UTC -c default_transaction_read_only=on',
    });
    client.on('error', () => undefined);
    await client.connect();
    const query: Query = async <Row>(sql: string, values: unknown[] = []) => {
      const { rows } = await client.query(sql, values);
      return rows as Row[];
    };
    const [found] = await query<{ is_there: boolean }>('SELECT to_regclass($1) IS NOT NULL AS is_there', [
      LAST_TABLE,
    ]);
    return new ReadOnlyTarget(client, found?.is_there === true ? query : null);
  }

  async close(): Promise<void> {
    await this.client.end().catch(() => undefined);
  }
}
