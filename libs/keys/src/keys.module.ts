import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AuditModule } from '@app/audit';
import { SpendModule } from '@app/spend';
import { UsersModule } from '@app/users';
import { DueRotations } from './due-rotations.js';
import { BearerStrategy } from './bearer.strategy.js';
import { KeyAuthenticator } from './key-authenticator.js';
import { KeyBulkController } from './key-bulk.controller.js';
import { KeyAuthGuard } from './key-auth.guard.js';
import { KeyChanges } from './key-changes.js';
import { KeyEntity } from './key.entity.js';
import { KeyFinder } from './key-finder.js';
import { KeyInfoController } from './key-info.controller.js';
import { KeyList } from './key-list.js';
import { KeyMaker } from './key-maker.js';
import { KeyReader } from './key-reader.js';
import { KeyRemover } from './key-remover.js';
import { KeyRotator } from './key-rotator.js';
import { KeySnapshots } from './key-snapshots.js';
import { KeyStore } from './key-store.js';
import { KeysController } from './keys.controller.js';
import { KeysService } from './keys.service.js';
import { SpendReset } from './spend-reset.js';
import { SessionStore } from './session-store.js';

const PARTS = [
  DueRotations,
  KeyChanges,
  KeyFinder,
  KeyList,
  KeyMaker,
  KeyReader,
  KeyRemover,
  KeyRotator,
  KeySnapshots,
  KeyStore,
  SpendReset,
];

/** Virtual keys and the guard; the app makes the guard global: `{ provide: APP_GUARD, useExisting: KeyAuthGuard }`. */
@Module({
  imports: [TypeOrmModule.forFeature([KeyEntity]), AuditModule, SpendModule, UsersModule],
  controllers: [KeysController, KeyInfoController, KeyBulkController],
  providers: [BearerStrategy, KeyAuthenticator, KeyAuthGuard, KeysService, SessionStore, ...PARTS],
  exports: [KeyAuthenticator, KeyAuthGuard, KeysService, SessionStore],
})
export class KeysModule {}
