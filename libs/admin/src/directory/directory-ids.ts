import { Injectable } from '@nestjs/common';
import { containing, ReportDatabase } from '@app/database';
import { type DirectoryKind, KINDS, type KindOfRows } from './directory-kinds.js';
import { cursorOf, type DirectoryQuery, type DirectorySort, placeIn } from './directory-query.js';

const ROWS_PER_PAGE = 50;
/** Fewer are counted; of more the planner's estimate will do. */
const EXACT_BELOW = 5_000;

/** One page of a list, by the ids of its rows. */
export interface IdPage {
  readonly ids: readonly string[];
  /** Where the next page begins; null at the end. */
  readonly next: string | null;
}

/** Finds the rows of a list a page at a time, by keyset: the last page is as quick as the first. */
@Injectable()
export class DirectoryIds {
  constructor(private readonly database: ReportDatabase) {}

  /** @throws BadRequestError for a cursor that is none, UnavailableError */
  async page(kind: DirectoryKind, query: DirectoryQuery): Promise<IdPage> {
    const of = KINDS[kind];
    const { column, direction } = orderOf(of, query.sort);
    const { conditions, values } = whereOf(of, query);
    const rows = await this.database.query<{ id: string; place: string }>(
      `SELECT ${of.id} AS id, (${column})::text AS place FROM ${of.table}
       ${conditions.length > 0 ? `WHERE ${conditions.join(' AND ')}` : ''}
       ORDER BY ${column} ${direction}, ${of.id} ${direction} LIMIT ${ROWS_PER_PAGE + 1}`,
      values,
    );
    const shown = rows.slice(0, ROWS_PER_PAGE);
    const last = rows.length > ROWS_PER_PAGE ? shown.at(-1) : undefined;
    return {
      ids: shown.map(({ id }) => id),
      next: last ? cursorOf({ value: last.place, id: last.id }) : null,
    };
  }

  /** Exact for few, the planner's estimate for many. */
  async count(kind: DirectoryKind): Promise<number> {
    const { table, only } = KINDS[kind];
    const exact = `(SELECT count(*) FROM ${table} ${only ? `WHERE ${only}` : ''})`;
    const [row] = await this.database.query<{ count: number }>(
      `SELECT CASE WHEN reltuples < ${EXACT_BELOW} THEN ${exact} ELSE reltuples END::float8 AS count
       FROM pg_class WHERE oid = '${table}'::regclass`,
    );
    return row?.count ?? 0;
  }
}

function orderOf(of: KindOfRows, sort: DirectorySort): { column: string; direction: 'ASC' | 'DESC' } {
  if (sort === 'name') return { column: of.name, direction: 'ASC' };
  return { column: 'created_at', direction: sort === 'newest' ? 'DESC' : 'ASC' };
}

function whereOf(of: KindOfRows, query: DirectoryQuery): { conditions: string[]; values: unknown[] } {
  const values: unknown[] = [];
  const place = (value: unknown): string => `$${values.push(value)}`;
  const conditions = of.only === null ? [] : [of.only];
  if (query.search !== '') {
    const pattern = place(containing(query.search));
    conditions.push(`search_text LIKE lower(${pattern})`);
  }
  for (const [name, condition] of Object.entries(of.filters)) {
    const wanted = query.filters[name] ?? '';
    if (wanted === '') continue;
    if ('equals' in condition) conditions.push(`${condition.equals} = ${place(wanted)}`);
    else if (Object.hasOwn(condition.choices, wanted)) conditions.push(condition.choices[wanted] ?? '');
  }
  if (query.after !== null) {
    const { column, direction } = orderOf(of, query.sort);
    const { value, id } = placeIn(query.after, query.sort);
    const type = query.sort === 'name' ? 'text' : 'timestamptz';
    const sign = direction === 'ASC' ? '>' : '<';
    conditions.push(`(${column}, ${of.id}) ${sign} (${place(value)}::${type}, ${place(id)})`);
  }
  return { conditions, values };
}
