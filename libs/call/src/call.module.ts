import { Global, Module } from '@nestjs/common';
import { DrainState } from './drain-state.js';
import { LiveCalls } from './live-calls.js';

@Global()
@Module({ providers: [LiveCalls, DrainState], exports: [LiveCalls, DrainState] })
export class CallModule {}
