import { Module } from '@nestjs/common';
import { getDataSourceToken } from '@nestjs/typeorm';
import { ConfigStore } from '@app/config';
import { type DataSource } from 'typeorm';
import { AnswerCache } from './answer-cache.js';

/** Answers that are given again to equal calls. */
@Module({
  providers: [
    {
      provide: AnswerCache,
      inject: [ConfigStore, getDataSourceToken()],
      useFactory: (config: ConfigStore, dataSource: DataSource) => new AnswerCache(config, dataSource),
    },
  ],
  exports: [AnswerCache],
})
export class CacheModule {}
