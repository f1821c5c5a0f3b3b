import { MAX_TEXT } from './call-lines.js';
import { countOf } from './count-of.js';
import { quoted, quotedList } from './json-text.js';
import { toSlice } from './segment-reader.js';
import { SpendConnection } from './spend-connection.js';
import { addDays, SpendWriter } from './spend-writer.js';
import { WordTable } from './word-table.js';

/** A call that another gateway has served and billed. */
export interface ImportedCall {
  /** A UUID that is the same each time this call is brought. */
  readonly id: string;
  readonly startedAtMs: number;
  readonly durationMs: number;
  readonly timeToFirstTokenMs: number | null;
  readonly promptTokens: number;
  readonly cachedTokens: number;
  readonly cacheWriteTokens: number;
  readonly completionTokens: number;
  readonly reasoningTokens: number;
  readonly costPicoUsd: bigint;
  /** Empty for calls without a key. */
  readonly keyHash: string;
  readonly keyAlias: string | null;
  readonly userId: string | null;
  readonly teamId: string | null;
  readonly endUser: string | null;
  readonly callType: string;
  readonly deploymentId: string | null;
  readonly model: string | null;
  readonly modelGroup: string | null;
  readonly provider: string | null;
  readonly apiBase: string | null;
  readonly requestId: string;
  readonly clientAddress: string | null;
  readonly tags: readonly string[];
  /** HTTP status; from 400 on the call has failed. */
  readonly status: number;
  readonly errorType: string | null;
  readonly errorMessage: string | null;
}

/** Whose spend is counted. */
export type ImportedKind = 'key' | 'user' | 'team' | 'end_user';

const SLICE_ROWS = 1_000;
const MAX_MESSAGE = 512;
const MAX_TAGS = 32;
const MAX_TAG = 128;
const MAX_ADDRESS = 45;
const FAILED = 400;

const KNOWN = `
  SELECT given.id FROM unnest($1::uuid[], $2::int8[]) AS given(id, at)
  JOIN spend_logs AS log ON log.id = given.id AND log.started_at = to_timestamp(given.at / 1000.0::float8)`;

/** What calls of this route have cost each of the given scopes since the given time; `$1` is JSON, `$2` the route. */
const sumOf = (kind: ImportedKind): string => `
  WITH asked AS (
    SELECT given.name, given.since, word.code FROM jsonb_to_recordset($1) AS given(name text, since timestamptz)
    LEFT JOIN spend_words AS word ON word.word = given.name COLLATE "C"
  )
  SELECT asked.name, sum(log.cost_pico_usd)::text AS spent
  FROM asked JOIN spend_logs AS log
    ON ${kind === 'end_user' ? 'log.end_user = asked.name' : `log.${kind}_code = asked.code`} AND log.started_at >= asked.since
  WHERE log.route_code = (SELECT code FROM spend_words WHERE word = $2)
  GROUP BY asked.name`;

/**
 * Brings the history of another gateway into the ledger: each call once, however often it is brought, with all totals
 * that follow from it. On a connection of its own.
 */
export class LedgerImport {
  readonly #connection: SpendConnection;
  readonly #writer: SpendWriter;
  readonly #days = new Set<string>();

  /** @param route stands for all of its calls, in place of the route that was called */
  constructor(
    databaseUrl: string,
    private readonly route: string,
  ) {
    this.#connection = new SpendConnection(databaseUrl);
    this.#writer = new SpendWriter(this.#connection);
  }

  /** Rows that a constraint has refused, which wait in the dead letters. */
  get refusedRows(): number {
    return this.#writer.deadRows;
  }

  /** The number of calls that were not there before; waits while the database is away. */
  async write(calls: readonly ImportedCall[]): Promise<number> {
    let inserted = 0;
    for (let from = 0; from < calls.length; from += SLICE_ROWS) {
      inserted += await this.#writeSlice(calls.slice(from, from + SLICE_ROWS));
    }
    return inserted;
  }

  /** The ids of those calls that are there already. @throws UnavailableError */
  async known(calls: readonly ImportedCall[]): Promise<ReadonlySet<string>> {
    const values = [calls.map(({ id }) => id), calls.map(({ startedAtMs }) => startedAtMs)];
    const { rows } = await this.#connection.run((client) => client.query<{ id: string }>(KNOWN, values));
    return new Set(rows.map(({ id }) => id));
  }

  /**
   * What the calls that were brought have cost, in pico-dollars by name; those without any are missing.
   * @param since by name of the key's hash, user, team or end user; null counts from the beginning. @throws UnavailableError
   */
  async spentSince(
    kind: ImportedKind,
    since: ReadonlyMap<string, Date | null>,
  ): Promise<ReadonlyMap<string, bigint>> {
    const asked = [...since].map(([name, time]) => ({ name, since: time?.toISOString() ?? '-infinity' }));
    const values = [JSON.stringify(asked), this.route];
    const { rows } = await this.#connection.run((client) =>
      client.query<{ name: string; spent: string }>(sumOf(kind), values),
    );
    return new Map(rows.map(({ name, spent }) => [name, BigInt(spent)]));
  }

  /** Ends its connection. */
  async close(): Promise<void> {
    this.#writer.stop();
    await this.#connection.close();
  }

  async #writeSlice(calls: readonly ImportedCall[]): Promise<number> {
    await this.#addDays(calls);
    const words = new WordTable();
    const texts = calls.map((call) => Buffer.from(rowText(call, this.route, words)));
    const { inserted } = await this.#writer.write(toSlice(texts, words.words));
    return inserted;
  }

  /** The writer itself makes no days that lie long ago: it takes them for the work of a wrong clock. */
  async #addDays(calls: readonly ImportedCall[]): Promise<void> {
    const days = new Set(calls.map(({ startedAtMs }) => new Date(startedAtMs).toISOString().slice(0, 10)));
    const missing = [...days].filter((day) => !this.#days.has(day)).sort();
    if (missing.length === 0) return;
    await this.#connection.run((client) => addDays(client, missing));
    for (const day of missing) this.#days.add(day);
  }
}

/** A row as the shipper's statement reads it. */
function rowText(call: ImportedCall, route: string, words: WordTable): string {
  const key = words.blockOf(
    JSON.stringify(['k', call.keyHash, call.keyAlias, call.userId, call.teamId]),
    () => [call.keyHash, call.keyAlias, call.userId, call.teamId],
  );
  const kind = words.blockOf(JSON.stringify(['r', call.callType]), () => [call.callType, route]);
  const served = [call.deploymentId, call.model, call.modelGroup, call.provider, call.apiBase, null];
  const deployment = words.blockOf(JSON.stringify(['d', ...served]), () => served);
  let text = `{"id":"${call.id}","at":${call.startedAtMs},"k":${key},"r":${kind},"d":${deployment}`;
  text += `,"call":${quoted(call.requestId, MAX_TEXT)},"st":${call.status},"cost":${call.costPicoUsd}`;
  if (call.status < FAILED) text += `,"resp":${quoted(call.requestId, MAX_TEXT)}`;
  if (call.timeToFirstTokenMs !== null) text += `,"ttft":${countOf(call.timeToFirstTokenMs)}`;
  text += `,"ms":${countOf(call.durationMs)},"pt":${countOf(call.promptTokens)},"ct":${countOf(call.completionTokens)}`;
  text += `,"cch":${countOf(call.cachedTokens)},"rt":${countOf(call.reasoningTokens)}`;
  if (call.cacheWriteTokens > 0) text += `,"cw":${countOf(call.cacheWriteTokens)}`;
  if (call.endUser !== null) text += `,"eu":${quoted(call.endUser, MAX_TEXT)}`;
  if (call.clientAddress !== null) text += `,"ip":${quoted(call.clientAddress, MAX_ADDRESS)}`;
  if (call.tags.length > 0) text += `,"tags":${quotedList(call.tags, MAX_TAGS, MAX_TAG)}`;
  if (call.errorType !== null) text += `,"err":${quoted(call.errorType, MAX_TEXT)}`;
  if (call.errorMessage !== null) text += `,"msg":${quoted(call.errorMessage, MAX_MESSAGE)}`;
  return `${text}}`;
}
