import { BadRequestError } from '@app/call';

/** Narrows a list by the value of one filter: to rows that have it, or by a condition for each choice. */
export type SqlCondition =
  { readonly equals: string } | { readonly choices: Readonly<Record<string, string>> };

/** The order of a list; rows of one time or name follow each other by id. */
export type DirectorySort = 'newest' | 'oldest' | 'name';

/** What a list was asked for; an empty value does not narrow. */
export interface DirectoryQuery {
  readonly search: string;
  readonly filters: Readonly<Record<string, string>>;
  readonly sort: DirectorySort;
  /** Where an earlier page ended. */
  readonly after: string | null;
}

/** The row that a page ended with: the value it is sorted by, and its id. */
export interface Place {
  readonly value: string;
  readonly id: string;
}

const TIME = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.\d{1,6})?[+-](?:0\d|1[0-5])(?::[0-5]\d)?$/;
const MAX_LENGTH = 4_000;

export const cursorOf = ({ value, id }: Place): string =>
  Buffer.from(JSON.stringify([value, id])).toString('base64url');

/** @throws BadRequestError for what no page of ours ended with */
export function placeIn(cursor: string, sort: DirectorySort): Place {
  const parsed = cursor.length > MAX_LENGTH ? null : decoded(cursor);
  const [value, id, ...rest] = Array.isArray(parsed) ? (parsed as unknown[]) : [];
  const isWhole = isText(value) && isText(id) && rest.length === 0;
  if (!isWhole || (sort !== 'name' && !isTime(value))) {
    throw new BadRequestError('This address is cut off: open the list anew.', 'after');
  }
  return { value, id };
}

/** A moment that there is on the calendar, as PostgreSQL writes it. */
function isTime(text: string): boolean {
  const [, day = '', clock = ''] = TIME.exec(text) ?? [];
  const moment = new Date(`${day}T${clock}Z`);
  return !Number.isNaN(moment.getTime()) && moment.toISOString().startsWith(day);
}

const isText = (value: unknown): value is string => typeof value === 'string' && !value.includes('\0');

function decoded(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch {
    return null;
  }
}
