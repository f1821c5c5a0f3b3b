import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { readCheckpoint } from './checkpoint.js';
import { readSegmentName } from './segment-owner.js';
import { SegmentReader } from './segment-reader.js';
import { type SliceRow, splitSlice } from './slice-rows.js';

/** A row as the journal has it. */
export interface JournalRow {
  readonly id: string;
  /** Milliseconds. */
  readonly at: number;
  readonly costPicoUsd: bigint;
  /** Its segment's checkpoint says that PostgreSQL has it. */
  readonly isShipped: boolean;
  readonly text: string;
}

const SLICE_ROWS = 1_000;

/**
 * Every row that still stands in a journal folder. Checkpoints are read before the rows: what counts as shipped was
 * committed before.
 */
export async function journalRows(directory: string): Promise<JournalRow[]> {
  const files = existsSync(directory) ? readdirSync(directory).sort() : [];
  const rows: JournalRow[] = [];
  for (const file of files) {
    if (readSegmentName(file)) rows.push(...(await segmentRows(join(directory, file))));
  }
  return rows;
}

async function segmentRows(path: string): Promise<JournalRow[]> {
  const from = readCheckpoint(path);
  try {
    const all = await readRows(new SegmentReader({ path }));
    const unshipped = new Set((await readRows(new SegmentReader({ path, from }))).map(({ text }) => text));
    return all.map(({ text, costPicoUsd }) => ({
      ...idOf(text),
      text,
      costPicoUsd,
      isShipped: !unshipped.has(text),
    }));
  } catch (error) {
    // Shipped and removed meanwhile.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

async function readRows(reader: SegmentReader): Promise<SliceRow[]> {
  const rows: SliceRow[] = [];
  try {
    for (let slice = await reader.next(SLICE_ROWS); slice; slice = await reader.next(SLICE_ROWS)) {
      rows.push(...splitSlice(slice));
    }
  } finally {
    await reader.close();
  }
  return rows;
}

function idOf(text: string): { id: string; at: number } {
  const match = /^\{"id":"([0-9a-f-]{36})","at":(\d{1,15})/.exec(text);
  return { id: match?.[1] ?? '00000000-0000-0000-0000-000000000000', at: Number(match?.[2] ?? 0) };
}
