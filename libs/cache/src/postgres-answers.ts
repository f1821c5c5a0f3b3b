import { Logger } from '@nestjs/common';
import { type DataSource } from 'typeorm';
import { type AnswerFacts, type AnswerStore, type KeptAnswer } from './kept-answer.js';

/** Longer than this is no gain over asking the model. */
const PATIENCE_MS = 250;
/** After a failure the database is left alone for so long. */
const REST_MS = 5_000;
const MAX_WRITES = 32;
const SWEEP_MS = 60_000;
const SWEPT_AT_ONCE = 1_000;

const READ = `SELECT body, content_type, facts, stored_at, expires_at FROM kept_answers
  WHERE key = decode($1, 'hex') AND expires_at > now()`;

const WRITE = `INSERT INTO kept_answers (key, stored_at, expires_at, content_type, facts, body)
  VALUES (decode($1, 'hex'), $2, $3, $4, $5, $6)
  ON CONFLICT (key) DO UPDATE SET stored_at = excluded.stored_at, expires_at = excluded.expires_at,
    content_type = excluded.content_type, facts = excluded.facts, body = excluded.body`;

const DROP = `DELETE FROM kept_answers WHERE $1::text[] IS NULL OR encode(key, 'hex') = ANY ($1)`;

/** What has expired, and of the rest what expires first, as far as there is more than there may be. */
const SWEEP = `WITH sized AS (
  SELECT key, expires_at, sum(octet_length(body) + 512) OVER (ORDER BY expires_at DESC, key) AS bytes FROM kept_answers
), gone AS (
  SELECT key FROM sized WHERE expires_at <= now() OR bytes > $1 ORDER BY expires_at LIMIT $2
)
DELETE FROM kept_answers USING gone WHERE kept_answers.key = gone.key RETURNING 1`;

interface Row {
  readonly body: Buffer;
  readonly content_type: string;
  readonly facts: AnswerFacts;
  readonly stored_at: Date;
  readonly expires_at: Date;
}

/** Answers that all processes on one database share. A database that is away or slow means that there are none. */
export class PostgresAnswers implements AnswerStore {
  readonly #logger = new Logger('PostgresAnswers');
  readonly #sweeper: NodeJS.Timeout;
  #restsUntilMs = 0;
  #writes = 0;

  constructor(
    private readonly dataSource: Pick<DataSource, 'query'>,
    private readonly maxBytes: number,
  ) {
    this.#sweeper = setInterval(() => void this.sweep(), SWEEP_MS).unref();
  }

  async get(key: string): Promise<KeptAnswer | null> {
    const rows = await this.#attempt<Row[]>(READ, [key]);
    const [row] = rows ?? [];
    if (!row) return null;
    const { body, content_type: contentType, facts, stored_at: storedAt, expires_at: expiresAt } = row;
    return { body, contentType, facts, storedAtMs: storedAt.getTime(), expiresAtMs: expiresAt.getTime() };
  }

  set(key: string, { body, contentType, facts, storedAtMs, expiresAtMs }: KeptAnswer): void {
    if (this.#writes >= MAX_WRITES) return;
    this.#writes += 1;
    const values = [
      key,
      new Date(storedAtMs),
      new Date(expiresAtMs),
      contentType,
      JSON.stringify(facts),
      body,
    ];
    void this.#attempt(WRITE, values).finally(() => (this.#writes -= 1));
  }

  /** Takes out what has expired and what is too much; resolves when that is done. */
  async sweep(): Promise<void> {
    for (;;) {
      const gone = await this.#attempt<[unknown[], number]>(SWEEP, [this.maxBytes, SWEPT_AT_ONCE]);
      if (!gone || gone[1] < SWEPT_AT_ONCE) return;
    }
  }

  async drop(keys: readonly string[] | null): Promise<void> {
    await this.dataSource.query(DROP, [keys]);
  }

  close(): void {
    clearInterval(this.#sweeper);
  }

  /** Null where the database does not answer soon. */
  async #attempt<T>(text: string, values: readonly unknown[]): Promise<T | null> {
    if (performance.now() < this.#restsUntilMs) return null;
    let timer: NodeJS.Timeout | undefined;
    const query = this.dataSource.query<T>(text, [...values]);
    query.catch(() => undefined);
    try {
      const patience = new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(new Error('PostgreSQL took too long')), PATIENCE_MS);
      });
      return await Promise.race([query, patience]);
    } catch (error) {
      this.#restsUntilMs = performance.now() + REST_MS;
      this.#logger.warn(`Kept answers are left alone for a while: ${(error as Error).message}`);
      return null;
    } finally {
      clearTimeout(timer);
    }
  }
}
