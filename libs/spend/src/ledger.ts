import { Injectable, Logger } from '@nestjs/common';
import { type Call, type Caller, type Deployment, type Outcome, storable, UnavailableError } from '@app/call';
import { begunText, endedText, identityText, MAX_TEXT } from './call-lines.js';
import { countOf } from './count-of.js';
import { type DirectWriter } from './direct-writer.js';
import { type Journal, JournalError } from './journal.js';
import { LINE } from './journal-line.js';
import { type Shipper } from './shipper.js';
import { type SpendTotals } from './spend-totals.js';
import { type WordTable } from './word-table.js';

interface OpenCall {
  readonly call: Call;
  readonly reservedPicoUsd: bigint;
  readonly first: Deployment | undefined;
  /** The row's beginning and the table that its numbers belong to. */
  identity: string;
  words: WordTable | null;
  completionTokens: number;
  progressAtMs: number;
}

export interface Incidents {
  /** Lines of adopted journals that could not be read. */
  readonly damagedLines: number;
  /** Calls of dead processes that had no end. */
  readonly abortedCalls: number;
  /** Rows that PostgreSQL refused; they lie in `spend_dead_letters`. */
  readonly deadLetters: number;
}

export interface LedgerParts {
  readonly journal: Journal | null;
  readonly shipper: Shipper | null;
  readonly direct: DirectWriter;
  readonly totals: SpendTotals;
  /** What the parts behind the ledger have met since the process began. */
  readonly incidents?: () => Incidents;
  /** Wait for the disk before a call counts as closed. */
  readonly awaitSync: boolean;
}

const PROGRESS_MS = 2_000;
const DRAIN_MS = 10_000;
/** Without PostgreSQL there is nothing to wait for: the journal keeps what it has. */
const DRAIN_AWAY_MS = 500;
/** Closed calls that are remembered, so that none is charged twice; two sets of this many. */
const REMEMBERED = 10_000;

/** Money: each call is opened before its upstream call and closed, once, before its last byte leaves. */
@Injectable()
export class Ledger {
  private readonly logger = new Logger(Ledger.name);
  private readonly calls = new Map<string, OpenCall>();
  private closed = new Set<string>();
  private closedBefore = new Set<string>();
  private isDirect = false;
  private readonly scopes = new WeakMap<Caller, readonly string[]>();

  constructor(private readonly parts: LedgerParts) {
    if (parts.journal) parts.journal.carryOver = (words) => this.writeOpenCalls(words);
  }

  /**
   * Notes that a call begins; on the journal path before it returns. `plan` tells at what price the call is
   * settled should this process die.
   * @throws UnavailableError `accounting_unavailable` when neither journal nor PostgreSQL can take the call
   */
  open(call: Call, reservedPicoUsd: bigint, plan: readonly Deployment[] = []): void {
    const entry: OpenCall = {
      call,
      reservedPicoUsd,
      first: plan[0],
      identity: '',
      words: null,
      completionTokens: 0,
      progressAtMs: performance.now(),
    };
    if (
      !this.tryJournal((journal) => this.writeBegun(entry, journal, journal.begin())) &&
      !this.parts.direct.canWrite
    ) {
      throw new UnavailableError(
        'Calls cannot be recorded now. Try again shortly.',
        'accounting_unavailable',
      );
    }
    this.calls.set(call.id, entry);
  }

  /** Notes how far a stream has got, at most every two seconds. */
  progress(call: Call, completionTokens: number): void {
    const entry = this.calls.get(call.id);
    const now = performance.now();
    if (!entry || now - entry.progressAtMs < PROGRESS_MS) return;
    entry.progressAtMs = now;
    entry.completionTokens = countOf(completionTokens);
    // A call that lasts does not keep its text: it is made again for its end.
    entry.identity = '';
    entry.words = null;
    this.tryJournal((journal) => {
      journal.begin();
      journal.append(LINE.progress, progressText(entry));
    });
  }

  /**
   * Records how a call ended; a second time does nothing. Returns undefined when the row is on its way for certain,
   * else a promise for that; it rejects with UnavailableError when nothing can take the row now.
   */
  close(outcome: Outcome): Promise<void> | undefined {
    const { call } = outcome;
    if (this.closed.has(call.id) || this.closedBefore.has(call.id)) return undefined;
    this.remember(call.id);
    this.addTotals(outcome);
    const entry = this.calls.get(call.id);
    const isWritten = this.tryJournal((journal) => {
      const words = journal.begin();
      const identity = entry?.words === words ? entry.identity : identityText(call, words);
      journal.append(LINE.ended, identity + endedText(outcome, words));
    });
    this.calls.delete(call.id);
    if (!isWritten) return this.writeDirectly(outcome);
    this.parts.shipper?.noted();
    if (!this.parts.awaitSync) return undefined;
    return this.parts.journal?.synced().catch(() => this.writeDirectly(outcome));
  }

  /** Brings what was closed to PostgreSQL, or to the journal as far as some seconds do not suffice. */
  async drain(): Promise<void> {
    const { journal, shipper, direct } = this.parts;
    const work = Promise.allSettled([journal?.synced(), shipper?.flush(), direct.flush()]);
    const isWorthWaiting = direct.canWrite || direct.waitingRows > 0;
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, isWorthWaiting ? DRAIN_MS : DRAIN_AWAY_MS);
    });
    await Promise.race([work, patience]);
    clearTimeout(timer);
  }

  stats(): LedgerStats {
    const { journal, shipper, direct } = this.parts;
    const journalStats = journal?.stats();
    const shipperStats = shipper?.stats();
    const incidents = this.parts.incidents?.();
    const isJournaled = journalStats?.isUsable === true && !this.isDirect;
    return {
      mode: isJournaled ? 'journal' : direct.canWrite ? 'direct' : 'unavailable',
      openCalls: this.calls.size,
      journalBytes: journalStats?.bytes ?? 0,
      journalCapBytes: journalStats?.capBytes ?? 0,
      journalSegments: journalStats?.segments ?? 0,
      journalFailures: journalStats?.failures ?? 0,
      damagedLines: (shipperStats?.damagedLines ?? 0) + (incidents?.damagedLines ?? 0),
      abortedCalls: incidents?.abortedCalls ?? 0,
      deadLetters: incidents?.deadLetters ?? 0,
      unshippedRows: (shipperStats?.waitingRows ?? 0) + direct.waitingRows,
      shipperLagMs: shipperStats?.lagMs ?? 0,
    };
  }

  private tryJournal(write: (journal: Journal) => void): boolean {
    const { journal } = this.parts;
    if (!journal) return false;
    try {
      write(journal);
      this.isDirect = false;
      return true;
    } catch (error) {
      if (!(error instanceof JournalError)) throw error;
      this.isDirect = true;
      return false;
    }
  }

  private writeBegun(entry: OpenCall, journal: Journal, words: WordTable): void {
    const { call, reservedPicoUsd, first } = entry;
    entry.identity = identityText(call, words);
    entry.words = words;
    journal.append(LINE.begun, entry.identity + begunText(call, words, reservedPicoUsd, first));
  }

  /** A new segment begins: it alone must show which calls are under way. */
  private writeOpenCalls(words: WordTable): void {
    const { journal } = this.parts;
    if (!journal) return;
    for (const entry of this.calls.values()) {
      this.writeBegun(entry, journal, words);
      if (entry.completionTokens > 0) journal.append(LINE.progress, progressText(entry));
    }
  }

  private async writeDirectly(outcome: Outcome): Promise<void> {
    const words = this.parts.direct.begin();
    const row = identityText(outcome.call, words) + endedText(outcome, words);
    try {
      await this.parts.direct.write(row, words);
    } catch (error) {
      this.logger.error('A call has ended and neither the journal nor PostgreSQL has taken its row yet.');
      throw error;
    }
  }

  private addTotals({ call, costPicoUsd }: Outcome): void {
    const { totals } = this.parts;
    let scopes = this.scopes.get(call.caller);
    if (!scopes) this.scopes.set(call.caller, (scopes = scopesOf(call.caller)));
    for (const scope of scopes) totals.add(scope, costPicoUsd);
    if (call.endUser !== null) totals.add(`end_user:${storable(call.endUser, MAX_TEXT)}`, costPicoUsd);
  }

  private remember(id: string): void {
    this.closed.add(id);
    if (this.closed.size < REMEMBERED) return;
    this.closedBefore = this.closed;
    this.closed = new Set();
  }
}

/** The ledger at a glance, for metrics and readiness. */
export interface LedgerStats {
  readonly mode: 'journal' | 'direct' | 'unavailable';
  readonly openCalls: number;
  readonly journalBytes: number;
  readonly journalCapBytes: number;
  readonly journalSegments: number;
  readonly journalFailures: number;
  readonly damagedLines: number;
  readonly abortedCalls: number;
  readonly deadLetters: number;
  readonly unshippedRows: number;
  readonly shipperLagMs: number;
}

function scopesOf({ keyHash, userId, teamId }: Caller): string[] {
  const scopes = [`key:${keyHash}`];
  if (userId !== null) scopes.push(`user:${userId}`);
  if (teamId !== null) scopes.push(`team:${teamId}`);
  return scopes;
}

function progressText({ call, completionTokens }: OpenCall): string {
  return `{"id":"${call.id}","ct":${completionTokens}}`;
}
