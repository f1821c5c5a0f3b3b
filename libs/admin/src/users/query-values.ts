import { BadRequestError } from '@app/call';

/** The parameters of a URL, as Express reads them. */
export type Query = Readonly<Record<string, unknown>>;

/**
 * A parameter that was sent once; null where it is absent or empty.
 * @throws BadRequestError also for NUL, which PostgreSQL takes in no text
 */
export function textIn(query: Query, name: string): string | null {
  const value = query[name];
  if (value === undefined || value === '') return null;
  if (typeof value !== 'string') throw new BadRequestError(`Send \`${name}\` once.`, name);
  if (value.includes('\0')) throw new BadRequestError(`\`${name}\` may not contain NUL.`, name);
  return value;
}

/** Values between commas; null where the parameter is absent. */
export function listIn(query: Query, name: string): string[] | null {
  const text = textIn(query, name);
  return text === null
    ? null
    : text
        .split(',')
        .map((part) => part.trim())
        .filter((part) => part !== '');
}

/** @throws BadRequestError for anything but a whole number from 1 to `max` */
export function countIn(query: Query, name: string, fallback: number, max: number): number {
  const text = textIn(query, name);
  if (text === null) return fallback;
  const count = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (count >= 1 && count <= max) return count;
  throw new BadRequestError(`${name} must be a whole number from 1 to ${max}.`, name);
}

export function isDescending(query: Query, fallback: boolean): boolean {
  const order = textIn(query, 'sort_order');
  if (order === null) return fallback;
  if (order === 'asc' || order === 'desc') return order === 'desc';
  throw new BadRequestError('sort_order must be asc or desc.', 'sort_order');
}

/** @throws BadRequestError for a field that has to be there */
export function required<T>(value: T | null | undefined, name: string): T {
  if (value !== null && value !== undefined && value !== '') return value;
  throw new BadRequestError(`${name} is required.`, name);
}
