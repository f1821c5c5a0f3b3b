import { closeSync, constants, openSync, readFileSync, rmSync, writeSync } from 'node:fs';

/** How far a segment is in PostgreSQL; lost or stale it costs only work, since rows go in once. */
export function readCheckpoint(segmentPath: string): number {
  try {
    const offset = Number(readFileSync(pathOf(segmentPath), 'utf8').trim());
    return Number.isSafeInteger(offset) && offset > 0 ? offset : 0;
  } catch {
    return 0;
  }
}

/** Always of one length, so that it is written over in place: to truncate a file first has the disk flush it at its end. */
const IN_PLACE = constants.O_WRONLY | constants.O_CREAT;

export function writeCheckpoint(segmentPath: string, offset: number): void {
  try {
    const file = openSync(pathOf(segmentPath), IN_PLACE, 0o600);
    try {
      writeSync(file, `${String(offset).padStart(15)}\n`);
    } finally {
      closeSync(file);
    }
  } catch {
    // A full disk: the segment will be read from an earlier place.
  }
}

export function removeCheckpoint(segmentPath: string): void {
  rmSync(pathOf(segmentPath), { force: true });
}

function pathOf(segmentPath: string): string {
  return `${segmentPath}.checkpoint`;
}
