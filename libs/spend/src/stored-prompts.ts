import { Injectable } from '@nestjs/common';
import { type JsonValue } from '@app/call';
import { ReportDatabase } from '@app/database';

/** What was asked and answered, as far as it was kept; null where it was not. */
export interface StoredPrompt {
  readonly request: JsonValue;
  readonly response: JsonValue;
}

interface Stored {
  readonly id: string;
  readonly request: string | null;
  readonly response: string | null;
}

/** They are long: enough for the rows of one request. */
const MAX_ROWS = 20;

const READ = `SELECT prompt.* FROM unnest($1::timestamptz[], $2::uuid[]) AS wanted(started_at, id)
  JOIN spend_prompts AS prompt ON prompt.started_at = wanted.started_at AND prompt.id = wanted.id`;

/** Reads prompts and answers of single calls. */
@Injectable()
export class StoredPrompts {
  constructor(private readonly database: ReportDatabase) {}

  /** By the row's id; those of the first 20 rows. */
  async of(
    rows: readonly { readonly id: string; readonly started_at: Date }[],
  ): Promise<ReadonlyMap<string, StoredPrompt>> {
    const some = rows.slice(0, MAX_ROWS);
    if (some.length === 0) return new Map();
    const found = await this.database.query<Stored>(READ, [
      some.map(({ started_at: startedAt }) => startedAt),
      some.map(({ id }) => id),
    ]);
    return new Map(
      found.map(({ id, request, response }) => [
        id,
        { request: valueOf(request), response: valueOf(response) },
      ]),
    );
  }
}

const valueOf = (text: string | null): JsonValue => (text === null ? null : (JSON.parse(text) as JsonValue));
