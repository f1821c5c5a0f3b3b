import { Module } from '@nestjs/common';
import { SpendModule } from '@app/spend';
import { HealthController } from './health.controller.js';

@Module({ imports: [SpendModule], controllers: [HealthController] })
export class HealthModule {}
