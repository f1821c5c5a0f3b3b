import { type DynamicModule, Module, type Type } from '@nestjs/common';
import { OUTCOME_SINKS, type OutcomeSink } from '@app/call';
import { CacheModule } from '@app/cache';
import { LimitsModule } from '@app/limits';
import { RoutingModule } from '@app/routing';
import { SpendModule } from '@app/spend';
import { Dispatcher } from './dispatcher.js';
import { DoorRequests } from './door-requests.js';
import { KeptAnswers } from './kept-answers.js';
import { PipelineService } from './pipeline.service.js';

@Module({})
export class PipelineModule {
  /** @param options.sinks told of every outcome, in this order; they must be provided by global modules */
  static register(options: { readonly sinks: readonly Type<OutcomeSink>[] }): DynamicModule {
    return {
      module: PipelineModule,
      imports: [RoutingModule, LimitsModule, SpendModule, CacheModule],
      providers: [
        Dispatcher,
        DoorRequests,
        KeptAnswers,
        PipelineService,
        {
          provide: OUTCOME_SINKS,
          inject: [...options.sinks],
          useFactory: (...sinks: OutcomeSink[]): readonly OutcomeSink[] => sinks,
        },
      ],
      exports: [DoorRequests, PipelineService],
      global: true,
    };
  }
}
