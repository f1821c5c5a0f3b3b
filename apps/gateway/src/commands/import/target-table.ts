import { type JsonObject, type JsonValue } from '@app/call';
import { IMPORT_AUTHOR, type Mapped } from './mapped.js';
import { approximate, type KindReport, type Note, type ReportItem } from './report.js';
import { textIn } from './source-row.js';

/** One statement. */
export type Query = <Row>(sql: string, values?: unknown[]) => Promise<Row[]>;

/** A table of ours that rows are carried into. */
export interface TargetTable {
  readonly table: string;
  readonly keys: readonly string[];
  /** Columns of the table that say nothing of the thing itself. */
  readonly isAuthored: boolean;
  /** What the audit log calls one. */
  readonly entity: string;
  /** Columns whose values may be there once. */
  readonly unique: readonly UniqueColumn[];
}

interface UniqueColumn {
  readonly column: string;
  /** What is compared, of a row named `one`. */
  readonly expression: string;
  readonly compared: (value: string) => string;
  /** What a second one gets instead. */
  readonly instead: (row: JsonObject) => string | null;
}

/** Things of one kind, and what is to be done about them. */
export interface Comparison {
  readonly report: KindReport;
  /** Rows that are new or have changed. */
  readonly rows: readonly JsonObject[];
  /** Keys of all that is there afterwards. */
  readonly present: ReadonlySet<string>;
}

const NOT_COMPARED = new Set(['created_at', 'created_by', 'updated_at', 'updated_by']);

interface Judged {
  readonly key: string;
  readonly is_new: boolean;
  readonly is_touched: boolean;
  readonly differs: boolean;
}

/** Compares what is to be carried over with what is there already. @param query null: there are no tables yet */
export async function compare(
  kind: string,
  target: TargetTable,
  mapped: readonly Mapped[],
  query: Query | null,
): Promise<Comparison> {
  const items = mapped.flatMap(({ name, notes }) => notes.map((note) => itemOf(kind, name, note)));
  const names = new Map<string, string>();
  const byKey = new Map<string, JsonObject>();
  for (const { name, row } of mapped) {
    if (row === null) continue;
    byKey.set(keyOf(target, row), { ...row });
    names.set(keyOf(target, row), name);
  }
  for (const [key, note] of await settleUnique(target, byKey, query)) {
    items.push(itemOf(kind, names.get(key) ?? key, note));
  }
  const judged = await judge(target, [...byKey.values()], query);
  const gone = await deletedHere(target, judged, query);
  const isKept = (one: Judged): boolean => (one.is_touched && one.differs) || gone.has(one.key);
  for (const one of judged.filter(isKept)) {
    const why = gone.has(one.key) ? 'it was deleted or replaced here since' : 'it was changed here since';
    items.push(itemOf(kind, names.get(one.key) ?? one.key, approximate(`${why}, and stays as it is`)));
  }
  const open = judged.filter((one) => !isKept(one));
  const [created, changed] = [open.filter(isNew), open.filter((one) => !one.is_new && one.differs)];
  return {
    present: new Set(judged.filter(({ key }) => !gone.has(key)).map(({ key }) => key)),
    rows: [...created, ...changed].map(({ key }) => byKey.get(key)).filter((row) => row !== undefined),
    report: {
      kind,
      found: mapped.length,
      created: created.length,
      changed: changed.length,
      unchanged: open.filter((one) => !one.is_new && !one.differs).length,
      kept: judged.length - open.length,
      items,
    },
  };
}

/** Writes rows over those that have their keys. @param more columns with one value for all */
export async function upsert(
  { table, keys }: TargetTable,
  rows: readonly JsonObject[],
  query: Query,
  more: JsonObject = {},
): Promise<void> {
  const [first] = rows;
  if (!first) return;
  const columns = Object.keys({ ...first, ...more });
  const changes = columns.filter((name) => !keys.includes(name)).map((name) => `${name} = excluded.${name}`);
  await query(
    `INSERT INTO ${table} (${columns.join(', ')})
     SELECT ${columns.join(', ')} FROM json_populate_recordset(NULL::${table}, $1::json)
     ON CONFLICT (${keys.join(', ')}) DO UPDATE SET ${changes.join(', ')}`,
    [JSON.stringify(rows.map((row) => ({ ...row, ...more })))],
  );
}

export function keyOf({ keys }: TargetTable, row: JsonObject): string {
  return keys.map((name) => textIn(row, name)).join(':');
}

const itemOf = (kind: string, item: string, note: Note): ReportItem => ({ kind, item, ...note });
const isNew = (one: Judged): boolean => one.is_new;

const keyText = ({ keys }: TargetTable, alias: string): string =>
  `concat_ws(':', ${keys.map((name) => `${alias}.${name}`).join(', ')})`;

async function judge(
  target: TargetTable,
  rows: readonly JsonObject[],
  query: Query | null,
): Promise<Judged[]> {
  const [first] = rows;
  if (!first) return [];
  if (query === null) return rows.map((row) => newOne(keyOf(target, row)));
  const { table, keys, isAuthored } = target;
  const compared = Object.keys(first).filter((name) => !NOT_COMPARED.has(name));
  const of = (alias: string): string => compared.map((name) => `${alias}.${name}`).join(', ');
  return query<Judged>(
    `SELECT ${keyText(target, 'given')} AS key, old.${keys[0] ?? ''} IS NULL AS is_new,
       ${isAuthored ? 'coalesce(old.updated_by <> $2, false)' : '$2::text IS NULL'} AS is_touched,
       ROW(${of('given')}) IS DISTINCT FROM ROW(${of('old')}) AS differs
     FROM json_populate_recordset(NULL::${table}, $1::json) AS given
     LEFT JOIN ${table} AS old ON ${keys.map((name) => `old.${name} = given.${name}`).join(' AND ')}`,
    [JSON.stringify(rows), IMPORT_AUTHOR],
  );
}

const newOne = (key: string): Judged => ({ key, is_new: true, is_touched: false, differs: true });

/** What somebody has removed here, or given a new credential, does not come back. */
async function deletedHere(
  { entity }: TargetTable,
  judged: readonly Judged[],
  query: Query | null,
): Promise<ReadonlySet<string>> {
  const missing = judged.filter(isNew).map(({ key }) => key);
  if (query === null || missing.length === 0) return new Set();
  const rows = await query<{ id: string }>(
    `SELECT DISTINCT entity_id AS id FROM audit_log WHERE entity = $1 AND entity_id IN (SELECT unnest($2::text[]))
       AND action ~ '[.](deleted|removed|regenerated|rotated)$'`,
    [entity, missing],
  );
  return new Set(rows.map(({ id }) => id));
}

/** Changes values that somebody else has already, here or in the same batch. */
async function settleUnique(
  target: TargetTable,
  rows: ReadonlyMap<string, JsonObject>,
  query: Query | null,
): Promise<[string, Note][]> {
  const notes: [string, Note][] = [];
  for (const unique of target.unique) {
    const { column, compared, instead } = unique;
    const textOf = (value: JsonValue | undefined): string | null =>
      typeof value === 'string' ? compared(value) : null;
    const wanted = [...rows.values()].map((row) => textOf(row[column])).filter((text) => text !== null);
    const holders = query ? await holdersOf(target, unique, wanted, query) : new Map<string, string>();
    for (const [key, row] of rows) {
      const text = textOf(row[column]);
      if (text === null) continue;
      const holder = holders.get(text);
      if (holder === undefined) holders.set(text, key);
      if (holder === undefined || holder === key) continue;
      row[column] = instead(row);
      const given = textIn(row, column);
      const now = given === null ? 'it has none now' : `it is '${given}' now`;
      notes.push([key, approximate(`its ${column} belongs to another one already: ${now}`)]);
    }
  }
  return notes;
}

async function holdersOf(
  target: TargetTable,
  { expression }: UniqueColumn,
  wanted: readonly string[],
  query: Query,
): Promise<Map<string, string>> {
  const rows = await query<{ value: string; key: string }>(
    `SELECT ${expression} AS value, ${keyText(target, 'one')} AS key FROM ${target.table} AS one
     WHERE ${expression} IN (SELECT unnest($1::text[]))`,
    [wanted],
  );
  return new Map(rows.map(({ value, key }) => [value, key]));
}
