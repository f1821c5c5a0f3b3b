import { Module } from '@nestjs/common';
import { AuditModule } from '@app/audit';
import { CacheModule } from '@app/cache';
import { CacheController } from './cache/cache.controller.js';
import { SpendReportsModule } from './spend-reports.module.js';
import { UsersAdminModule } from './users/users-admin.module.js';

@Module({
  imports: [AuditModule, CacheModule, SpendReportsModule, UsersAdminModule],
  controllers: [CacheController],
  exports: [SpendReportsModule, UsersAdminModule],
})
export class AdminModule {}
