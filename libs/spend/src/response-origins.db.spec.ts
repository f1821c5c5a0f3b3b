import { Logger } from '@nestjs/common';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { NestFactory } from '@nestjs/core';
import { ConfigModule } from '@app/config';
import { DatabaseModule, ReportDatabase } from '@app/database';
import { anAppConfig } from '@testing/config';
import { aCall, aCaller, aDeployment, anOutcome } from '@testing/call';
import { aTestDatabase, type TestDatabase } from '@testing/database';
import { DataSource } from 'typeorm';
import { ResponseOrigins } from './response-origins.js';
import { SpendModule } from './spend.module.js';
import { aJournalFolder, aRowId, aSpendRuntime } from './testing.js';

let database: TestDatabase;
let source: DataSource;

beforeAll(async () => {
  Logger.overrideLogger(false);
  database = await aTestDatabase();
  source = await new DataSource({ type: 'postgres', url: database.url }).initialize();
});
afterAll(async () => {
  await source.destroy();
  await database.drop();
});

test('a response leads back to its owner and its deployment, in this process and in every other', async () => {
  const caller = aCaller({ keyHash: 'ab'.repeat(32), userId: 'ann', teamId: null });
  const call = aCall({ id: aRowId(), type: 'aresponses', caller });
  const outcome = anOutcome({ call, responseId: 'resp_1', deployment: aDeployment({ id: 'here' }) });
  const chat = anOutcome({ call: aCall({ id: aRowId(), caller }), responseId: 'chatcmpl-9' });
  const folder = aJournalFolder();
  const runtime = aSpendRuntime(database.url, { journalDir: folder.path });
  for (const one of [outcome, chat]) {
    runtime.ledger.open(one.call, 1n);
    await runtime.ledger.close(one);
  }
  await runtime.ledger.drain();
  const origin = {
    keyHash: caller.keyHash,
    userId: 'ann',
    teamId: null,
    deploymentId: 'here',
    model: call.model,
  };
  const own = new ResponseOrigins(source);
  own.accept(outcome);
  const elsewhere = new ResponseOrigins(source);
  expect(await own.of('resp_1')).toEqual(origin);
  expect(await elsewhere.of('resp_1')).toEqual(origin);
  expect(await elsewhere.of('chatcmpl-9')).toBeNull();
  await database.query(`INSERT INTO key_successors (hash, active_hash) VALUES ($1, 'the new one')`, [
    caller.keyHash,
  ]);
  expect(await elsewhere.of('resp_1')).toMatchObject({ keyHash: 'the new one' });
  await runtime.onApplicationShutdown();
  folder.remove();
});

test('a response is found while reports take all the time they may', async () => {
  class GatewayModule {}
  const imports = [
    ConfigModule.forRoot(anAppConfig({ journalDir: null })),
    DatabaseModule.forRoot({ url: database.url, migrations: [] }),
    SpendModule,
  ];
  const app = await NestFactory.createApplicationContext(
    { module: GatewayModule, imports },
    { logger: false },
  );
  const slow = [1, 2].map(() => app.get(ReportDatabase).query('SELECT pg_sleep(1.5)'));
  const startedAtMs = performance.now();
  expect(await app.get(ResponseOrigins).of('resp_1')).toMatchObject({ deploymentId: 'here' });
  expect(performance.now() - startedAtMs).toBeLessThan(1_000);
  await Promise.all(slow);
  await app.close();
});
