import { Module } from '@nestjs/common';
import { SpendModule } from '@app/spend';
import { SpendLogsController } from './spend-logs.controller.js';

@Module({ imports: [SpendModule], controllers: [SpendLogsController] })
export class AdminModule {}
