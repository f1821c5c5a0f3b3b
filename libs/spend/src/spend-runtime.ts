import { Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { DirectWriter } from './direct-writer.js';
import { Journal } from './journal.js';
import { Ledger } from './ledger.js';
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
  readonly segmentBytes?: number;
  readonly capBytes?: number;
}

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

  constructor(private readonly options: SpendOptions) {
    const { journalDir: directory, segmentBytes, capBytes } = options;
    this.connection = new SpendConnection(options.databaseUrl);
    this.writer = new SpendWriter(this.connection);
    this.totals = new SpendTotals(this.connection);
    this.journal =
      directory === null
        ? null
        : new Journal({ directory, ...(segmentBytes && { segmentBytes }), ...(capBytes && { capBytes }) });
    this.shipper = this.journal && new Shipper(this.journal, this.writer, this.totals);
    this.direct = new DirectWriter(this.connection, this.writer, this.totals);
    const { journal, shipper, direct, totals } = this;
    this.ledger = new Ledger({
      journal,
      shipper,
      direct,
      totals,
      awaitSync: options.journalSync === 'always',
    });
  }

  onModuleInit(): void {
    this.journal?.start();
    void this.options.whenReady().then(() => {
      this.shipper?.start();
      this.direct.start();
    });
  }

  /** The last segment is sealed and, where PostgreSQL is there, shipped: nothing is left to adopt. */
  async onApplicationShutdown(): Promise<void> {
    await this.ledger.drain();
    await this.journal?.stop();
    if (this.connection.isReachable) await this.ledger.drain();
    this.direct.stop();
    this.writer.stop();
    await this.shipper?.stop();
    await this.connection.close();
  }
}
