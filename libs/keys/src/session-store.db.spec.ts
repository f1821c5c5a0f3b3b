import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ReportDatabase } from '@app/database';
import { SessionStore } from './session-store.js';
import { anOwnKeysServer, type KeysServer, type OwnKeysServer } from './testing.js';

const KEY_HASH = 'a'.repeat(64);
let server: OwnKeysServer;
let twin: KeysServer;

beforeAll(async () => {
  server = await anOwnKeysServer();
  twin = await server.twin();
});
afterAll(async () => {
  await twin.close();
  await server.close();
});

describe('a session', () => {
  test('of another replica is found at once, though reports of somebody else hold all their connections', async () => {
    const id = await server.app.get(SessionStore).begin(KEY_HASH);
    const reports = Array.from({ length: 4 }, () => twin.app.get(ReportDatabase).query('SELECT pg_sleep(1)'));
    const startedAt = performance.now();
    expect(await twin.app.get(SessionStore).find(id)).toMatchObject({ keyHash: KEY_HASH });
    expect(performance.now() - startedAt).toBeLessThan(700);
    await Promise.all(reports);
  });
});
