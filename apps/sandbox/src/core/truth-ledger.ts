export type TruthMode = 'off' | 'counts' | 'full';
export type ClosedBy = 'server' | 'client' | 'fault';

/** What really happened to one request, as the upstream saw it. */
export interface TruthEntry {
  seq: number;
  id: string;
  /** Epoch milliseconds of arrival. */
  at: number;
  path: string;
  model: string | null;
  stream: boolean;
  status: number | null;
  promptTokens: number;
  /** Tokens decoded before the end, written or not. */
  generatedTokens: number;
  /** Tokens whose bytes the operating system took before the connection ended. */
  emittedTokens: number;
  emittedBytes: number;
  /** Characters of text to be spoken. */
  characters: number;
  audioSeconds: number;
  finished: boolean;
  closedBy: ClosedBy | null;
  closedAfterMs: number | null;
  responseId: string | null;
  fault: string | null;
  /** Canary strings of the settings that this request carried. */
  canaries: string[];
  rawHeaders: string[];
  /** Of the ledger between two resets; an entry of an earlier one is in no sum. */
  epoch: number;
}

interface Totals {
  requests: number;
  finished: number;
  closedByClient: number;
  closedByFault: number;
  promptTokens: number;
  emittedTokens: number;
  emittedBytes: number;
  characters: number;
  audioSeconds: number;
}

const NOTHING: Totals = {
  requests: 0,
  finished: 0,
  closedByClient: 0,
  closedByFault: 0,
  promptTokens: 0,
  emittedTokens: 0,
  emittedBytes: 0,
  characters: 0,
  audioSeconds: 0,
};
const NO_HEADERS: string[] = [];
const NO_CANARIES: string[] = [];
// Header strings are most of an entry's memory; older entries give them up first.
const ENTRIES_WITH_HEADERS = 20_000;

export class TruthLedger {
  private slots: (TruthEntry | undefined)[] = [];
  private sums = new Map<string, Totals>();
  private last = 0;
  private epoch = 0;
  mode: TruthMode = 'full';
  keep = 200_000;

  open(rawHeaders: string[], path: string): TruthEntry {
    const seq = ++this.last;
    const entry: TruthEntry = {
      seq,
      id: `truth-${seq}`,
      at: Date.now(),
      path,
      model: null,
      stream: false,
      status: null,
      promptTokens: 0,
      generatedTokens: 0,
      emittedTokens: 0,
      emittedBytes: 0,
      characters: 0,
      audioSeconds: 0,
      finished: false,
      closedBy: null,
      closedAfterMs: null,
      responseId: null,
      fault: null,
      canaries: NO_CANARIES,
      rawHeaders: NO_HEADERS,
      epoch: this.epoch,
    };
    if (this.mode === 'full') this.store(entry, rawHeaders);
    return entry;
  }

  close(entry: TruthEntry, closedBy: ClosedBy): void {
    entry.finished = closedBy === 'server';
    entry.closedBy = closedBy;
    entry.closedAfterMs = Date.now() - entry.at;
    if (this.mode === 'off' || entry.epoch !== this.epoch) return;
    const key = entry.model ?? '';
    let sum = this.sums.get(key);
    if (sum === undefined) this.sums.set(key, (sum = { ...NOTHING }));
    sum.requests++;
    if (closedBy === 'server') sum.finished++;
    else if (closedBy === 'client') sum.closedByClient++;
    else sum.closedByFault++;
    sum.promptTokens += entry.promptTokens;
    sum.emittedTokens += entry.emittedTokens;
    sum.emittedBytes += entry.emittedBytes;
    sum.characters += entry.characters;
    sum.audioSeconds += entry.audioSeconds;
  }

  /** Entries after `since`, oldest first; each may still change until `closedBy` is set. */
  read(query: { since: number; limit: number; model: string | null }): object[] {
    const found: object[] = [];
    const oldest = Math.max(1, this.last - this.keep + 1);
    for (let seq = Math.max(query.since + 1, oldest); seq <= this.last; seq++) {
      const entry = this.slots[seq % this.keep];
      if (entry?.seq !== seq || (query.model !== null && entry.model !== query.model)) continue;
      const requestHeaders = headersOf(entry.rawHeaders);
      found.push({ ...entry, rawHeaders: undefined, epoch: undefined, requestHeaders });
      if (found.length >= query.limit) break;
    }
    return found;
  }

  /** Sums over closed requests, in all and by model; `last` is the newest sequence number. */
  totals(): object {
    const all = { ...NOTHING };
    for (const sum of this.sums.values()) {
      for (const field of Object.keys(all) as (keyof Totals)[]) all[field] += sum[field];
    }
    return { last: this.last, ...all, models: Object.fromEntries(this.sums) };
  }

  reset(): void {
    this.slots = [];
    this.sums = new Map();
    this.last = 0;
    this.epoch++;
  }

  private store(entry: TruthEntry, rawHeaders: string[]): void {
    entry.rawHeaders = rawHeaders;
    this.slots[entry.seq % this.keep] = entry;
    const older = this.slots[(entry.seq - ENTRIES_WITH_HEADERS) % this.keep];
    if (older !== undefined && older !== entry) older.rawHeaders = NO_HEADERS;
  }
}

/** Lower-cased names; a name sent twice keeps both values, joined as on the wire. */
export function headersOf(rawHeaders: readonly string[]): Record<string, string> {
  const headers: Record<string, string> = {};
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = (rawHeaders[i] ?? '').toLowerCase();
    const value = rawHeaders[i + 1] ?? '';
    const earlier = headers[name];
    headers[name] = earlier === undefined ? value : `${earlier}, ${value}`;
  }
  return headers;
}
