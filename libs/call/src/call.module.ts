import { type DynamicModule, Module } from '@nestjs/common';
import { DrainState } from './drain-state.js';
import { LiveCalls } from './live-calls.js';

/** What every part shares about the process: its calls in progress, and whether it is leaving. */
@Module({})
export class CallModule {
  static forRoot(draining: DrainState): DynamicModule {
    return {
      module: CallModule,
      global: true,
      providers: [LiveCalls, { provide: DrainState, useValue: draining }],
      exports: [LiveCalls, DrainState],
    };
  }
}
