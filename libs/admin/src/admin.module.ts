import { Module } from '@nestjs/common';
import { SpendReportsModule } from './spend-reports.module.js';

@Module({ imports: [SpendReportsModule] })
export class AdminModule {}
