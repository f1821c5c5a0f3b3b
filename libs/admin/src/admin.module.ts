import { Module } from '@nestjs/common';
import { SpendReportsModule } from './spend-reports.module.js';
import { UsersAdminModule } from './users/users-admin.module.js';

@Module({ imports: [SpendReportsModule, UsersAdminModule], exports: [SpendReportsModule, UsersAdminModule] })
export class AdminModule {}
