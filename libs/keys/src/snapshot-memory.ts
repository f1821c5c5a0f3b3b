import { RecentMap } from '@app/call';
import { type KeyPrefixes } from './key-prefixes.js';
import { type KeySnapshot } from './key-snapshot.js';

const MAX_SNAPSHOTS = 100_000;
const MAX_ABSENT = 20_000;
const ABSENT_MS = 10_000;
const SOFT_TTL_MS = 60_000;

export interface HeldSnapshot {
  readonly snapshot: KeySnapshot;
  /** From then on the next use asks the database again, in the background. */
  refreshAtMs: number;
}

interface Absence {
  readonly version: number;
  readonly untilMs: number;
}

/**
 * What this process knows of the keys. News may come in any order, from writes here, from changes
 * elsewhere and from queries that were under way meanwhile: the higher version is the truth, so a
 * revoked key cannot come back with an answer that was read before.
 */
export class SnapshotMemory {
  readonly #held = new RecentMap<HeldSnapshot>(MAX_SNAPSHOTS);
  readonly #absent = new RecentMap<Absence>(MAX_ABSENT);
  /** Null until all prefixes are loaded: then nothing is known to be unknown. */
  #prefixes: KeyPrefixes | null = null;

  recall(keyHash: string): HeldSnapshot | undefined {
    return this.#held.get(keyHash);
  }

  isAbsent(keyHash: string, nowMs: number): boolean {
    const absence = this.#absent.get(keyHash);
    return absence !== undefined && nowMs < absence.untilMs;
  }

  /** Whether a key with this hash may exist, as far as the prefixes tell. */
  mayExist(keyHash: string): boolean {
    return this.#prefixes === null || this.#prefixes.has(keyHash);
  }

  usePrefixes(prefixes: KeyPrefixes): void {
    this.#prefixes = prefixes;
  }

  heldHashes(): string[] {
    return this.#held.keys();
  }

  snapshots(): KeySnapshot[] {
    return this.#held.values().map(({ snapshot }) => snapshot);
  }

  present(snapshot: KeySnapshot, nowMs: number): void {
    const { hash: keyHash } = snapshot;
    const known = Math.max(
      this.#held.peek(keyHash)?.snapshot.version ?? 0,
      this.#absent.peek(keyHash)?.version ?? 0,
    );
    if (snapshot.version < known) return;
    this.#held.set(keyHash, { snapshot, refreshAtMs: nowMs + SOFT_TTL_MS });
    this.#absent.delete(keyHash);
    this.#prefixes?.add(keyHash);
  }

  /** @param version the epoch up to which it is known that there is no such key */
  absent(keyHash: string, version: number, nowMs: number): void {
    const held = this.#held.peek(keyHash);
    if (held !== undefined && held.snapshot.version > version) return;
    this.#held.delete(keyHash);
    this.#prefixes?.delete(keyHash);
    const known = this.#absent.peek(keyHash)?.version ?? 0;
    this.#absent.set(keyHash, { version: Math.max(version, known), untilMs: nowMs + ABSENT_MS });
  }
}
