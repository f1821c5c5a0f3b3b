import { Module } from '@nestjs/common';
import { AuditModule } from '@app/audit';
import { CacheModule } from '@app/cache';
import { CacheController } from './cache/cache.controller.js';
import { SpendReportsModule } from './spend-reports.module.js';
import { UsersAdminModule } from './users/users-admin.module.js';

/** What touches several libs at once: people and their limits, reports of spend, the kept answers. */
@Module({
  imports: [AuditModule, CacheModule, SpendReportsModule, UsersAdminModule],
  controllers: [CacheController],
  exports: [SpendReportsModule, UsersAdminModule],
})
export class AdminModule {}
