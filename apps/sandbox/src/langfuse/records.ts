import { isObject, type JsonObject } from '../core/json.js';

export type RecordKind = 'traces' | 'observations' | 'scores';

interface Version {
  at: string;
  update: boolean;
  body: JsonObject;
}

/** What was delivered, by id: parts of one record come in any order and are merged when read. */
export class Records {
  private kinds: Record<RecordKind, Map<string, Version[]>> = emptyKinds();
  counts = { batches: 0, accepted: 0, refused: 0, spans: 0 };

  /** @param keep ids kept for each kind; the oldest go first */
  constructor(private readonly keep: () => number) {}

  add(kind: RecordKind, id: string, version: Version): void {
    const records = this.kinds[kind];
    const versions = records.get(id);
    if (versions !== undefined) versions.push(version);
    else {
      records.set(id, [version]);
      if (records.size > this.keep()) {
        const [oldest] = records.keys();
        if (oldest !== undefined) records.delete(oldest);
      }
    }
    this.counts.accepted++;
  }

  /** Everything kept, or what belongs to one trace. */
  read(traceId: string | null): object {
    const list = (kind: RecordKind) => {
      const merged = Array.from(this.kinds[kind], ([id, versions]) => merge(id, versions));
      if (traceId === null) return merged;
      return merged.filter((record) => record['traceId'] === traceId || record['id'] === traceId);
    };
    return {
      counts: this.counts,
      traces: list('traces'),
      observations: list('observations'),
      scores: list('scores'),
    };
  }

  reset(): void {
    this.kinds = emptyKinds();
    this.counts = { batches: 0, accepted: 0, refused: 0, spans: 0 };
  }
}

function emptyKinds(): Record<RecordKind, Map<string, Version[]>> {
  return { traces: new Map(), observations: new Map(), scores: new Map() };
}

/** Later versions win, creates give way to updates of the same time; objects are merged one level deep. */
function merge(id: string, versions: readonly Version[]): JsonObject {
  const ordered = [...versions].sort((a, b) => compare(a.at, b.at) || Number(a.update) - Number(b.update));
  const merged: JsonObject = { id };
  for (const { body } of ordered) {
    for (const [name, value] of Object.entries(body)) {
      if (value === undefined || value === null) continue;
      const earlier = merged[name];
      merged[name] = isObject(earlier) && isObject(value) ? { ...earlier, ...value } : value;
    }
  }
  return merged;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
