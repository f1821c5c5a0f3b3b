import pg from 'pg';
import { SPEND_LOG_COLUMNS } from './map-spend-log.js';
import { type SourceRow, textIn } from './source-row.js';

/** Tables that are read whole. */
export type SourceTable =
  | 'BudgetTable'
  | 'Config'
  | 'CredentialsTable'
  | 'DeprecatedVerificationToken'
  | 'EndUserTable'
  | 'ModelTable'
  | 'OrganizationMembership'
  | 'OrganizationTable'
  | 'ProxyModelTable'
  | 'SearchToolsTable'
  | 'TagTable'
  | 'TeamMembership'
  | 'TeamTable'
  | 'UserTable'
  | 'VerificationToken';

const CONNECT_TIMEOUT_MS = 5_000;
const PAGE_ROWS = 5_000;
const SPEND_LOGS = '"LiteLLM_SpendLogs"';

/**
 * LiteLLM's database as it stood when it was opened. It is only ever read, and read as JSON: a column that this version
 * of LiteLLM does not have is simply missing.
 */
export class SourceDatabase {
  private constructor(private readonly client: pg.Client) {}

  /** @throws Error where there is no database, or none of LiteLLM's */
  static async open(url: string): Promise<SourceDatabase> {
    const client = new pg.Client({
      connectionString: url,
      application_name: 'gateway-import',
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      options: '-c timezone=UTC -c default_transaction_read_only=on -c jit=off',
    });
    // What a lost connection breaks says so itself.
    client.on('error', () => undefined);
    await client.connect();
    const source = new SourceDatabase(client);
    try {
      await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
      if (await source.has('VerificationToken')) return source;
      throw new Error('This database holds no table "LiteLLM_VerificationToken": it is none of LiteLLM’s.');
    } catch (error) {
      await source.close();
      throw error;
    }
  }

  /** Empty where this version has no such table. */
  async rows(table: SourceTable): Promise<SourceRow[]> {
    if (!(await this.has(table))) return [];
    const { rows } = await this.client.query<{ row: SourceRow }>(
      `SELECT to_jsonb(one) AS row FROM "LiteLLM_${table}" AS one`,
    );
    return rows.map(({ row }) => row);
  }

  /** The rows of all calls, the oldest first, page by page. */
  async *spendLogs(): AsyncGenerator<SourceRow[]> {
    const columns = await this.columnsOf('LiteLLM_SpendLogs');
    if (columns.size === 0) return;
    const read = SPEND_LOG_COLUMNS.filter((name) => columns.has(name)).map((name) => `"${name}"`);
    const page = `SELECT to_jsonb(one) AS row FROM (SELECT ${read.join(', ')} FROM ${SPEND_LOGS}
      WHERE ("startTime", request_id) > ($1::timestamp, $2) ORDER BY "startTime", request_id LIMIT ${PAGE_ROWS}) AS one`;
    let after: readonly [string, string] = ['-infinity', ''];
    for (;;) {
      const { rows } = await this.client.query<{ row: SourceRow }>(page, [...after]);
      const last = rows.at(-1)?.row;
      if (!last) return;
      yield rows.map(({ row }) => row);
      after = [textIn(last, 'startTime') ?? '', textIn(last, 'request_id') ?? ''];
    }
  }

  async close(): Promise<void> {
    await this.client.end().catch(() => undefined);
  }

  private async has(table: SourceTable): Promise<boolean> {
    return (await this.columnsOf(`LiteLLM_${table}`)).size > 0;
  }

  private async columnsOf(table: string): Promise<ReadonlySet<string>> {
    const { rows } = await this.client.query<{ name: string }>(
      'SELECT attname AS name FROM pg_attribute WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped',
      [`"${table}"`],
    );
    return new Set(rows.map(({ name }) => name));
  }
}
