import { Logger } from '@nestjs/common';
import { UnavailableError } from '@app/call';
import { type SpendConnection } from './spend-connection.js';
import { type SpendTotals } from './spend-totals.js';
import { type SpendWriter } from './spend-writer.js';
import { toSlice } from './segment-reader.js';
import { WordTable } from './word-table.js';

interface WaitingRow {
  readonly json: Buffer;
  readonly words: WordTable;
  readonly done: () => void;
}

const BATCH_ROWS = 500;
/** Rows that wait for PostgreSQL in memory; with more, no new call is taken. */
const MAX_WAITING = 10_000;
/** How long the end of a reply is held back for its row. */
const PATIENCE_MS = 5_000;
const MAX_WORDS = 8_192;
const PROBE_MS = 1_000;

/** Rows without a journal: into PostgreSQL, many with one commit, before the caller may go on. */
export class DirectWriter {
  private readonly logger = new Logger('DirectWriter');
  private words = new WordTable();
  private waiting: WaitingRow[] = [];
  private pumping: Promise<void> | null = null;
  private probe: NodeJS.Timeout | null = null;

  constructor(
    private readonly connection: SpendConnection,
    private readonly writer: SpendWriter,
    private readonly totals: SpendTotals,
  ) {}

  /** Finds out whether PostgreSQL is there, also when no call asks. */
  start(): void {
    const ask = () => {
      if (this.connection.isReachable) return;
      this.connection.run((client) => client.query('SELECT 1')).catch(() => undefined);
    };
    ask();
    this.probe = setInterval(ask, PROBE_MS).unref();
  }

  get canWrite(): boolean {
    return this.connection.isReachable && this.waiting.length < MAX_WAITING;
  }

  get waitingRows(): number {
    return this.waiting.length;
  }

  /** The table for the next row's numbers. */
  begin(): WordTable {
    if (this.words.words.length > MAX_WORDS) this.words = new WordTable();
    return this.words;
  }

  /**
   * Resolves when the row is committed. After a while without PostgreSQL it rejects; the row stays and is
   * written when PostgreSQL is back.
   */
  write(json: string, words: WordTable): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(new UnavailableError('The call could not be recorded.', 'accounting_unavailable'));
      }, PATIENCE_MS);
      const done = () => {
        clearTimeout(timer);
        resolve();
      };
      this.waiting.push({ json: Buffer.from(json), words, done });
      this.pumping ??= this.pump();
    });
  }

  async flush(): Promise<void> {
    await this.pumping;
  }

  stop(): void {
    if (this.probe) clearInterval(this.probe);
    if (this.waiting.length === 0) return;
    this.logger.error(`${this.waiting.length} rows could not be written anywhere; their calls have failed.`);
  }

  private async pump(): Promise<void> {
    try {
      // Rows of the same turn of the event loop share the commit.
      await new Promise((resolve) => setImmediate(resolve));
      while (this.waiting.length > 0) await this.writeBatch();
    } catch {
      // Only stop() ends it early.
    } finally {
      // In the same turn in which the queue was seen empty: the next row starts anew.
      this.pumping = null;
    }
  }

  private async writeBatch(): Promise<void> {
    const words = this.waiting[0]?.words ?? this.words;
    const other = this.waiting.findIndex((row) => row.words !== words);
    const batch = this.waiting.slice(0, Math.min(BATCH_ROWS, other < 0 ? this.waiting.length : other));
    const texts = batch.map(({ json }) => json);
    this.totals.settle(await this.writer.write(toSlice(texts, words.words)), true);
    this.waiting.splice(0, batch.length);
    batch.forEach(({ done }) => done());
  }
}
