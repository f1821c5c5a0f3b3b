import { Module } from '@nestjs/common';
import { SpendModule } from '@app/spend';
import { LimitsService } from './limits.service.js';

/** Says whether a call may run, and holds the money for it meanwhile. */
@Module({ imports: [SpendModule], providers: [LimitsService], exports: [LimitsService] })
export class LimitsModule {}
