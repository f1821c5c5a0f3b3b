import { readFileSync, rmSync, writeFileSync } from 'node:fs';

/** How far a segment is in PostgreSQL; lost or stale it costs only work, since rows go in once. */
export function readCheckpoint(segmentPath: string): number {
  try {
    const offset = Number(readFileSync(pathOf(segmentPath), 'utf8').trim());
    return Number.isSafeInteger(offset) && offset > 0 ? offset : 0;
  } catch {
    return 0;
  }
}

export function writeCheckpoint(segmentPath: string, offset: number): void {
  try {
    writeFileSync(pathOf(segmentPath), `${String(offset).padStart(15)}\n`, { mode: 0o600 });
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
