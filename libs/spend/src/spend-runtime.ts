import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { Adopter } from './adopter.js';
import { DirectWriter } from './direct-writer.js';
import { Journal } from './journal.js';
import { Ledger } from './ledger.js';
import { PartitionKeeper } from './partition-keeper.js';
import { estateName, thisProcess } from './segment-owner.js';
import { Shipper } from './shipper.js';
import { SpendConnection } from './spend-connection.js';
import { SpendTotals } from './spend-totals.js';
import { SpendWriter } from './spend-writer.js';

export interface SpendOptions {
  readonly databaseUrl: string;
  /** Resolves when the tables are there. */
  readonly whenReady: () => Promise<void>;
  /** Null: rows go to PostgreSQL directly. */
  readonly journalDir: string | null;
  readonly journalSync: 'interval' | 'always';
  /** Rows older than this are dropped, a day at a time; null: never. */
  readonly retentionMs?: () => number | null;
  /** The same for stored prompts; they never outlive their rows. */
  readonly promptRetentionMs?: () => number | null;
  readonly segmentBytes?: number;
  readonly capBytes?: number;
}

const ADOPT_EVERY_MS = 5_000;
const KEEP_PARTITIONS_EVERY_MS = 3_600_000;

/** Makes the parts of the ledger, starts them and stops them in order. */
@Injectable()
export class SpendRuntime implements OnModuleInit, OnApplicationShutdown {
  readonly ledger: Ledger;
  readonly totals: SpendTotals;
  readonly writer: SpendWriter;
  private readonly connection: SpendConnection;
  private readonly journal: Journal | null;
  private readonly shipper: Shipper | null;
  private readonly direct: DirectWriter;
  private readonly adopter: Adopter | null;
  private readonly keeper: PartitionKeeper;
  private readonly stopped = new AbortController();
  private tasks: Promise<unknown> = Promise.resolve();
  private readonly logger = new Logger('Spend');

  constructor(private readonly options: SpendOptions) {
    const { journalDir: directory, segmentBytes, capBytes } = options;
    this.connection = new SpendConnection(options.databaseUrl);
    this.writer = new SpendWriter(this.connection);
    this.totals = new SpendTotals(this.connection, directory === null ? null : estateName(thisProcess()));
    this.journal =
      directory === null
        ? null
        : new Journal({ directory, ...(segmentBytes && { segmentBytes }), ...(capBytes && { capBytes }) });
    this.shipper = this.journal && new Shipper(this.journal, this.writer, this.totals);
    this.direct = new DirectWriter(this.connection, this.writer, this.totals);
    const { journal, shipper, direct, totals, connection, writer } = this;
    this.adopter =
      journal &&
      new Adopter({ directory: journal.directory, self: journal.owner, connection, writer, totals });
    this.keeper = new PartitionKeeper(options.databaseUrl, {
      rows: options.retentionMs ?? (() => null),
      prompts: options.promptRetentionMs ?? (() => null),
    });
    this.ledger = new Ledger({
      journal,
      shipper,
      direct,
      totals,
      awaitSync: options.journalSync === 'always',
    });
  }

  onModuleInit(): void {
    if (this.journal) this.journal.start();
    else {
      this.logger.warn(
        'No JOURNAL_DIR: each call waits for PostgreSQL, and calls under way are lost with the process.',
      );
    }
    void this.options.whenReady().then(() => {
      if (this.hasStopped()) return;
      this.shipper?.start();
      this.direct.start();
      this.tasks = Promise.all([
        this.repeat(KEEP_PARTITIONS_EVERY_MS, () => this.keeper.keep()),
        this.repeat(ADOPT_EVERY_MS, () => this.adopter?.adoptAll()),
      ]);
    });
  }

  /** The last segment is sealed and, where PostgreSQL is there, shipped: nothing is left to adopt. */
  async onApplicationShutdown(): Promise<void> {
    this.stopped.abort();
    await this.ledger.drain();
    await this.journal?.stop();
    if (this.connection.isReachable) await this.ledger.drain();
    this.direct.stop();
    this.writer.stop();
    await this.tasks;
    await this.shipper?.stop();
    await this.connection.close();
  }

  private hasStopped(): boolean {
    return this.stopped.signal.aborted;
  }

  /** At once and then again and again, never two at a time. */
  private async repeat(everyMs: number, work: () => Promise<void> | undefined): Promise<void> {
    while (!this.hasStopped()) {
      try {
        await work();
      } catch (error) {
        if (!this.hasStopped())
          this.logger.warn(`Housekeeping will be tried again: ${(error as Error).message}`);
      }
      await sleep(everyMs, undefined, { signal: this.stopped.signal, ref: false }).catch(() => undefined);
    }
  }
}
