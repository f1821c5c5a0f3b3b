import { type INestApplicationContext, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { DatabaseModule, NotificationService } from '@app/database';
import { UsersModule } from './users.module.js';

/** The services of users as one process has them, over a real database, hearing of the changes of others. */
export async function aUsersReplica(databaseUrl: string): Promise<INestApplicationContext> {
  @Module({ imports: [DatabaseModule.forRoot({ url: databaseUrl, migrations: [] }), UsersModule] })
  class ReplicaModule {}
  const app = await NestFactory.createApplicationContext(ReplicaModule, { logger: false });
  await app.get(NotificationService).whenListening();
  return app;
}
