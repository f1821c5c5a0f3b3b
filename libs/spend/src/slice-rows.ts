import { isJsonObject, type JsonValue } from '@app/call';
import { type RowSlice } from './segment-reader.js';
import { type Word } from './word-table.js';

/** One row of a slice, looked into. Only what went wrong or was sent twice is ever read this way. */
export interface SliceRow {
  readonly text: string;
  /** `2026-01-31`, UTC; null where the row names no possible instant. */
  readonly day: string | null;
  readonly costPicoUsd: bigint;
  readonly scopes: readonly string[];
  /** The texts that the row's numbers stand for, by number. */
  readonly words: Readonly<Record<number, Word>>;
}

const BLOCK_LENGTHS: readonly (readonly [name: string, length: number])[] = [
  ['k', 4],
  ['r', 2],
  ['d', 6],
  ['pl', 1],
  ['lm', 1],
];

export function splitSlice({ json, words }: RowSlice): SliceRow[] {
  return texts(json.toString()).map((text) => readRow(text, words));
}

/** Pico-dollars per scope. */
export function scopesOf(rows: readonly SliceRow[]): Map<string, bigint> {
  const sums = new Map<string, bigint>();
  for (const { scopes, costPicoUsd } of rows) {
    for (const scope of scopes) sums.set(scope, (sums.get(scope) ?? 0n) + costPicoUsd);
  }
  return sums;
}

/** The elements of an array as they were written: parsing and printing them again would round large integers. */
function texts(array: string): string[] {
  const found: string[] = [];
  let depth = 0;
  let start = 0;
  let isQuoted = false;
  for (let index = 0; index < array.length; index++) {
    const character = array[index];
    if (isQuoted) {
      if (character === '\\') index++;
      else if (character === '"') isQuoted = false;
    } else if (character === '"') isQuoted = true;
    else if (character === '{' && depth++ === 0) start = index;
    else if (character === '}' && --depth === 0) found.push(array.slice(start, index + 1));
  }
  return found;
}

function readRow(text: string, words: readonly Word[]): SliceRow {
  const row = parse(text);
  const key = Number(row.k);
  const [hash, , user, team] = [0, 1, 2, 3].map((offset) => words[key + offset] ?? null);
  const scopes: string[] = [];
  if (typeof hash === 'string') scopes.push(`key:${hash}`);
  if (typeof user === 'string') scopes.push(`user:${user}`);
  if (typeof team === 'string') scopes.push(`team:${team}`);
  if (typeof row.eu === 'string') scopes.push(`end_user:${row.eu}`);
  return { text, day: dayOf(Number(row.at)), costPicoUsd: costIn(text), scopes, words: wordsOf(row, words) };
}

function parse(text: string): Record<string, JsonValue> {
  try {
    const value = JSON.parse(text) as JsonValue;
    return isJsonObject(value) ? value : {};
  } catch {
    return {};
  }
}

/** Read from the text: a double does not hold every amount. */
function costIn(text: string): bigint {
  return BigInt(/,"cost":(-?\d{1,24})[,}]/.exec(text)?.[1] ?? 0);
}

function dayOf(at: number): string | null {
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? null : date.toISOString().slice(0, 10);
}

function wordsOf(row: Record<string, JsonValue>, words: readonly Word[]): Record<number, Word> {
  const used: Record<number, Word> = {};
  for (const [name, length] of BLOCK_LENGTHS) {
    const first = Number(row[name] ?? 0);
    for (let number = first; first > 0 && number < first + length; number++)
      used[number] = words[number] ?? null;
  }
  return used;
}
