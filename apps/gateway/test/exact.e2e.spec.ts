import { afterAll, beforeAll, describe, expect } from '@jest/globals';
import { aTestDatabase, type TestDatabase } from '@testing/database';
import { Field, SPEECH, TRANSCRIPTION } from './exact/field.ts';
import { barrier, crash, falseRefusals } from './exact/trials.ts';
import { type Sandbox, startSandbox } from './harness.ts';
import { test } from './harness/suite.ts';

let sandbox: Sandbox;
let database: TestDatabase;
let field: Field;

beforeAll(async () => {
  [sandbox, database] = await Promise.all([
    startSandbox({ backends: ['openedai-speech', 'faster-whisper'] }),
    aTestDatabase(),
  ]);
  const query = <Row extends object>(sql: string, values?: unknown[]) => database.query<Row>(sql, values);
  const { url: databaseUrl } = database;
  field = await Field.open({ sandbox, databaseUrl, query, replicas: 2, logLevel: 'DEBUG' });
}, 180_000);

afterAll(async () => {
  await field.close();
  await sandbox.stop();
  await database.drop();
});

describe('two gateways on money for 100 calls', () => {
  test('serve 100 of 500 that come at once, to the last pico-dollar', async () => {
    expect(await barrier(field)).toMatchObject({ servedInAll: 100, overrun: '0', usable: 1, odd: [] });
  });

  test('do so for speech, which is paid by characters, and for what is heard, by seconds', async () => {
    for (const kind of [SPEECH, TRANSCRIPTION])
      expect(await barrier(field, kind)).toMatchObject({ overrun: '0', odd: [], pass: true });
  }, 120_000);

  test('refuse nobody as long as there is money, whoever is asked and whatever fails', async () => {
    expect(await falseRefusals(field, 200)).toMatchObject({ servedInAll: 200, overrun: '0', odd: [] });
  });

  test('neither overrun nor lose it when one of them dies in the middle', async () => {
    expect(await crash(field, 60)).toMatchObject({ overrun: '0', usable: 1, odd: [], pass: true });
  }, 120_000);
});
