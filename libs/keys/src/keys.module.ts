import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { SpendModule } from '@app/spend';
import { BearerStrategy } from './bearer.strategy.js';
import { KeyAuthenticator } from './key-authenticator.js';
import { KeyAuthGuard } from './key-auth.guard.js';
import { KeyChanges } from './key-changes.js';
import { KeyEntity } from './key.entity.js';
import { KeySnapshots } from './key-snapshots.js';
import { KeysController } from './keys.controller.js';
import { KeysService } from './keys.service.js';

/** Virtual keys and the guard; the app makes the guard global: `{ provide: APP_GUARD, useExisting: KeyAuthGuard }`. */
@Module({
  imports: [TypeOrmModule.forFeature([KeyEntity]), SpendModule],
  controllers: [KeysController],
  providers: [BearerStrategy, KeyAuthenticator, KeyAuthGuard, KeyChanges, KeySnapshots, KeysService],
  exports: [KeyAuthenticator, KeyAuthGuard, KeysService],
})
export class KeysModule {}
