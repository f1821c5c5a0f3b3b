import { Module } from '@nestjs/common';
import { getDataSourceToken } from '@nestjs/typeorm';
import { ConfigStore } from '@app/config';
import { type DataSource } from 'typeorm';
import { AnswerCache } from './answer-cache.js';

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
