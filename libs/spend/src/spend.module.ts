import { Module } from '@nestjs/common';
import { getDataSourceToken } from '@nestjs/typeorm';
import { ConfigStore } from '@app/config';
import { DatabaseService } from '@app/database';
import { type DataSource } from 'typeorm';
import { Ledger } from './ledger.js';
import { SpendLogs } from './spend-logs.js';
import { ResponseOrigins } from './response-origins.js';
import { SpendAttempts } from './spend-attempts.js';
import { PromptStore } from './prompt-store.js';
import { SpendConnection } from './spend-connection.js';
import { StoredPrompts } from './stored-prompts.js';
import { SpendBooks } from './spend-books.js';
import { SpendReports } from './spend-reports.js';
import { SpendRuntime } from './spend-runtime.js';
import { SpendTotals } from './spend-totals.js';
import { TrafficReports } from './traffic-reports.js';
import { WordTexts } from './word-texts.js';

/** What calls cost: the ledger that writes it, the reports that read it. */
@Module({
  providers: [
    SpendLogs,
    SpendReports,
    TrafficReports,
    SpendAttempts,
    ResponseOrigins,
    StoredPrompts,
    {
      provide: PromptStore,
      inject: [ConfigStore, getDataSourceToken()],
      useFactory: (config: ConfigStore, { options }: DataSource) =>
        new PromptStore(new SpendConnection('url' in options ? (options.url ?? '') : ''), () => ({
          isOn: config.current.general.storePromptsInSpendLogs,
          redacts: config.current.litellm.turnOffMessageLogging,
        })),
    },
    WordTexts,
    {
      provide: SpendRuntime,
      inject: [ConfigStore, DatabaseService, getDataSourceToken()],
      useFactory: (config: ConfigStore, database: DatabaseService, { options }: DataSource) =>
        new SpendRuntime({
          databaseUrl: 'url' in options ? (options.url ?? '') : '',
          whenReady: () => database.whenReady(),
          journalDir: config.current.journalDir,
          journalSync: config.current.journalSync,
          retentionMs: () => config.current.general.spendLogsRetentionMs,
          promptRetentionMs: () => config.current.general.storedPromptsRetentionMs,
        }),
    },
    {
      provide: SpendBooks,
      inject: [ConfigStore, getDataSourceToken()],
      useFactory: ({ current }: ConfigStore, { options }: DataSource) =>
        new SpendBooks('url' in options ? (options.url ?? '') : '', current.journalDir),
    },
    { provide: Ledger, inject: [SpendRuntime], useFactory: ({ ledger }: SpendRuntime) => ledger },
    { provide: SpendTotals, inject: [SpendRuntime], useFactory: ({ totals }: SpendRuntime) => totals },
  ],
  exports: [
    Ledger,
    PromptStore,
    ResponseOrigins,
    SpendBooks,
    SpendLogs,
    SpendReports,
    SpendTotals,
    TrafficReports,
  ],
})
export class SpendModule {}
