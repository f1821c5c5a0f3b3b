import { Module } from '@nestjs/common';
import { getDataSourceToken } from '@nestjs/typeorm';
import { ConfigStore } from '@app/config';
import { DatabaseService } from '@app/database';
import { type DataSource } from 'typeorm';
import { Ledger } from './ledger.js';
import { SpendRuntime } from './spend-runtime.js';
import { SpendTotals } from './spend-totals.js';

@Module({
  providers: [
    {
      provide: SpendRuntime,
      inject: [ConfigStore, DatabaseService, getDataSourceToken()],
      useFactory: ({ current }: ConfigStore, database: DatabaseService, { options }: DataSource) =>
        new SpendRuntime({
          databaseUrl: 'url' in options ? (options.url ?? '') : '',
          whenReady: () => database.whenReady(),
          journalDir: current.journalDir,
          journalSync: current.journalSync,
        }),
    },
    { provide: Ledger, inject: [SpendRuntime], useFactory: ({ ledger }: SpendRuntime) => ledger },
    { provide: SpendTotals, inject: [SpendRuntime], useFactory: ({ totals }: SpendRuntime) => totals },
  ],
  exports: [Ledger, SpendTotals],
})
export class SpendModule {}
