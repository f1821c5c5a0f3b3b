import { Module } from '@nestjs/common';
import { KeysModule } from '@app/keys';
import { PassthroughGate } from './passthrough-gate.js';
import { PassthroughMiddleware } from './passthrough.middleware.js';
import { PassthroughService } from './passthrough.service.js';

/** The door that leads straight to a backend. */
@Module({
  imports: [KeysModule],
  providers: [PassthroughGate, PassthroughMiddleware, PassthroughService],
  exports: [PassthroughMiddleware],
})
export class PassthroughModule {}
