import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type INestApplicationContext, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Secret } from '@app/call';
import { ConfigModule, ConfigStore } from '@app/config';
import { DatabaseModule, DatabaseService } from '@app/database';
import { anAppConfig } from '@testing/config';
import { aTestDatabase, type TestDatabase } from '@testing/database';
import { type AuditEntry, AuditLog } from './audit-log.js';
import { AuditModule } from './audit.module.js';
import { AuditReader } from './audit-reader.js';
import { type ChainReport } from './chain-check.js';
import { anActor } from './testing.js';

let database: TestDatabase;
let app: INestApplicationContext;
let log: AuditLog;
let reader: AuditReader;

beforeAll(async () => {
  database = await aTestDatabase();
  @Module({
    imports: [
      ConfigModule.forRoot(anAppConfig()),
      DatabaseModule.forRoot({ url: database.url, migrations: [] }),
      AuditModule,
    ],
  })
  class TestModule {}
  app = await NestFactory.createApplicationContext(TestModule, { logger: false });
  log = app.get(AuditLog);
  reader = app.get(AuditReader);
});
afterAll(async () => {
  await app.close();
  await database.drop();
});
beforeEach(async () => {
  await tamper('TRUNCATE audit_log');
  await database.query(`UPDATE audit_head SET id = 0, seal = decode(repeat('00', 32), 'hex')`);
});

const anEntry = (entry: Partial<AuditEntry> = {}): AuditEntry => ({
  action: 'key.updated',
  entity: 'key',
  entityId: 'k1',
  before: { max_budget: 1 },
  after: { max_budget: 2 },
  ...entry,
});
const record = (...entries: AuditEntry[]): Promise<void> =>
  app.get(DatabaseService).transaction(5_000, (manager) => log.record(manager, anActor(), ...entries));
const five = (): Promise<void> => record(...[1, 2, 3, 4, 5].map((i) => anEntry({ entityId: `k${i}` })));

/** As somebody does who owns the database. */
async function tamper(statement: string): Promise<void> {
  await database.query('ALTER TABLE audit_log DISABLE TRIGGER ALL');
  await database.query(statement);
  await database.query('ALTER TABLE audit_log ENABLE TRIGGER ALL');
}

describe('an entry', () => {
  test('tells who did what to which thing, from where, and how it was before and after', async () => {
    const actor = anActor({ address: '10.1.2.3', changedBy: 'ann@example.com' });
    await app.get(DatabaseService).transaction(5_000, (manager) => log.record(manager, actor, anEntry()));
    const [found] = await reader.find({ limit: 10 });
    expect(found).toEqual({
      id: 1,
      at: expect.stringMatching(/^\d{4}-.*Z$/),
      action: 'key.updated',
      entity: 'key',
      entity_id: 'k1',
      actor: {
        kind: 'master',
        user_id: 'default_user_id',
        key_hash: 'f'.repeat(64),
        key_name: 'master key',
      },
      address: '10.1.2.3',
      changed_by: 'ann@example.com',
      before: { max_budget: 1 },
      after: { max_budget: 2 },
    });
  });

  test('is not there when the change is not', async () => {
    const failing = app.get(DatabaseService).transaction(5_000, async (manager) => {
      await log.record(manager, anActor(), anEntry());
      throw new Error('the change failed');
    });
    await expect(failing).rejects.toThrow('the change failed');
    expect(await reader.find({ limit: 10 })).toEqual([]);
    expect(await reader.verify()).toMatchObject({ ok: true, entries: 0 });
  });

  test('holds no secret', async () => {
    await record(anEntry({ after: { metadata: { langfuse_secret_key: 'sk-lf-123456789012345' } } }));
    const rows = await database.query('SELECT after_json::text FROM audit_log');
    expect(JSON.stringify(rows)).not.toContain('123456789012345');
  });

  test('cannot be changed, deleted or truncated by a statement', async () => {
    await record(anEntry());
    for (const statement of [
      'UPDATE audit_log SET address = $$x$$',
      'DELETE FROM audit_log',
      'TRUNCATE audit_log',
    ])
      await expect(database.query(statement)).rejects.toThrow('only ever added to');
  });

  test('is found by each filter, newest first, page by page', async () => {
    await five();
    await record(anEntry({ action: 'team.deleted', entity: 'team', entityId: 't1', after: null }));
    const ids = async (filter: object): Promise<number[]> =>
      (await reader.find({ limit: 10, ...filter })).map(({ id }) => id);
    expect(await ids({ limit: 2 })).toEqual([6, 5]);
    expect(await ids({ limit: 2, beforeId: 5 })).toEqual([4, 3]);
    expect(await ids({ entity: 'key', entityId: 'k2' })).toEqual([2]);
    expect(await ids({ action: 'team.deleted' })).toEqual([6]);
    expect(await ids({ actor: 'default_user_id' })).toHaveLength(6);
    expect(await ids({ actor: 'f'.repeat(64) })).toHaveLength(6);
    expect(await ids({ actor: 'nobody' })).toEqual([]);
    expect(await ids({ sinceMs: Date.now() + 60_000 })).toEqual([]);
    expect(await ids({ untilMs: Date.now() + 60_000 })).toHaveLength(6);
  });
});

describe('the chain', () => {
  test('holds over many writers at once', async () => {
    await Promise.all(Array.from({ length: 30 }, (_, i) => record(anEntry({ entityId: `k${i}` }))));
    expect(await reader.verify()).toMatchObject({ ok: true, entries: 30, unproven: 0, problems: [] });
  });

  test.each<[string, string, string]>([
    ['a row removed in the middle', 'DELETE FROM audit_log WHERE id = 3', 'Entry 3 is missing.'],
    ['several removed', 'DELETE FROM audit_log WHERE id IN (2, 3, 4)', 'Entries 2 to 4 are missing.'],
    ['the first removed', 'DELETE FROM audit_log WHERE id = 1', 'Entry 1 is missing.'],
    ['the last removed', 'DELETE FROM audit_log WHERE id = 5', 'Entry 5 is missing.'],
    ['what was done', `UPDATE audit_log SET action = 'key.read' WHERE id = 2`, 'Entry 2 was changed.'],
    ['who did it', `UPDATE audit_log SET actor_user_id = NULL WHERE id = 2`, 'Entry 2 was changed.'],
    ['from where', `UPDATE audit_log SET address = '10.9.9.9' WHERE id = 2`, 'Entry 2 was changed.'],
    [
      'when, by a microsecond',
      `UPDATE audit_log SET at = at + interval '1 us' WHERE id = 2`,
      'Entry 2 was changed.',
    ],
    [
      'a space in the JSON',
      `UPDATE audit_log SET after_json = '{"max_budget": 2}' WHERE id = 2`,
      'Entry 2 was changed.',
    ],
    ['the seal itself', `UPDATE audit_log SET seal = sha256('x') WHERE id = 2`, 'Entry 2 was changed.'],
    [
      'a removed row whose place is taken by the next',
      'DELETE FROM audit_log WHERE id = 3; UPDATE audit_log SET id = id - 1 WHERE id > 3; UPDATE audit_head SET id = 4',
      'Entry 3 was changed.',
    ],
    [
      'a change that hides behind another key',
      `UPDATE audit_log SET action = 'key.read', chain_key = 'older' WHERE id = 3`,
      'Entry 3 is sealed with a key that was not in use then.',
    ],
    [
      'an entry added by hand',
      `INSERT INTO audit_log SELECT 6, at, action, entity, entity_id, actor_kind, actor_user_id, actor_key_hash,
        actor_key_name, address, changed_by, before_json, after_json, chain_key, seal FROM audit_log WHERE id = 5`,
      'Entry 6 stands beyond the end of the chain.',
    ],
  ])('shows %s', async (_, statement, problem) => {
    await five();
    await tamper(statement);
    const report = await reader.verify();
    expect(report.ok).toBe(false);
    expect(report.problems).toContain(problem);
  });

  test('shows an end that was cut off together with the head, to who noted an entry', async () => {
    await five();
    const { head } = (await reader.verify()) as { head: { id: number; seal: string } };
    expect((await reader.verify(head)).ok).toBe(true);
    await tamper('DELETE FROM audit_log WHERE id = 5');
    await database.query('UPDATE audit_head SET id = 4, seal = (SELECT seal FROM audit_log WHERE id = 4)');
    expect((await reader.verify()).ok).toBe(true);
    const report: ChainReport = await reader.verify(head);
    expect(report.problems).toEqual(['Entry 5, which you noted, is gone.']);
  });

  test('goes on under a new salt key, and says what it cannot prove any more', async () => {
    await record(anEntry());
    const config = app.get(ConfigStore);
    const before = config.current;
    config.replace({ ...before, saltKey: new Secret('another-salt-key-of-this-gateway') });
    await record(anEntry());
    expect(await reader.verify()).toMatchObject({ ok: true, entries: 2, unproven: 1 });
    config.replace(before);
  });

  test('is proved whole while the old salt key is named, though replicas with the old and the new one take turns', async () => {
    const config = app.get(ConfigStore);
    const before = config.current;
    const newer = new Secret('another-salt-key-of-this-gateway');
    for (const saltKey of [before.saltKey, newer, before.saltKey, newer]) {
      config.replace({ ...before, saltKey });
      await record(anEntry());
    }
    config.replace({ ...before, saltKey: newer, oldSaltKeys: [before.saltKey] });
    expect(await reader.verify()).toMatchObject({ ok: true, entries: 4, unproven: 0 });
    config.replace(before);
  });

  test('of ten thousand entries is followed to its end', async () => {
    for (let i = 0; i < 10; i++) await record(...Array.from({ length: 1_000 }, () => anEntry()));
    expect(await reader.verify()).toMatchObject({ ok: true, entries: 10_000 });
  });
});
