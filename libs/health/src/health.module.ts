import { Module } from '@nestjs/common';
import { KeysModule } from '@app/keys';
import { SpendModule } from '@app/spend';
import { HealthController } from './health.controller.js';

@Module({ imports: [KeysModule, SpendModule], controllers: [HealthController] })
export class HealthModule {}
