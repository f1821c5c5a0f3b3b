import { type MiddlewareConsumer, Module, type NestModule } from '@nestjs/common';
import { KeysModule } from '@app/keys';
import { PassthroughGate } from './passthrough-gate.js';
import { PassthroughMiddleware } from './passthrough.middleware.js';
import { PassthroughService } from './passthrough.service.js';

@Module({ imports: [KeysModule], providers: [PassthroughGate, PassthroughService] })
export class PassthroughModule implements NestModule {
  configure(consumer: MiddlewareConsumer): void {
    consumer.apply(PassthroughMiddleware).forRoutes('{*path}');
  }
}
