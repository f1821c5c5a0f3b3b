import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { UnavailableError } from '@app/call';
import { ReportDatabase } from './report-database.js';
import { aLinkTo, aTestDatabase, type TestDatabase } from './testing.js';

let database: TestDatabase;
let reports: ReportDatabase;

beforeAll(async () => {
  database = await aTestDatabase({ empty: true });
});
afterEach(() => reports.onApplicationShutdown());
afterAll(() => database.drop());

describe('ReportDatabase', () => {
  test('answers with rows', async () => {
    reports = new ReportDatabase({ url: database.url, migrations: [] });
    expect(await reports.query('SELECT $1::int + 1 AS sum', [41])).toEqual([{ sum: 42 }]);
  });

  test('cancels a report after two seconds and says what to do', async () => {
    reports = new ReportDatabase({ url: database.url, migrations: [] });
    const startedAt = performance.now();
    const report = reports.query('SELECT pg_sleep(30)');
    await expect(report).rejects.toThrow('Choose a shorter period');
    expect(performance.now() - startedAt).toBeLessThan(2_500);
  });

  test('cannot write', async () => {
    reports = new ReportDatabase({ url: database.url, migrations: [] });
    await expect(reports.query('CREATE TABLE written (id int)')).rejects.toThrow(UnavailableError);
  });

  test('never takes more than two connections', async () => {
    reports = new ReportDatabase({ url: database.url, migrations: [] });
    const pids = await Promise.all(
      Array.from({ length: 6 }, () =>
        reports.query<{ pid: number }>('SELECT pg_backend_pid() AS pid, pg_sleep(0.1)'),
      ),
    );
    expect(new Set(pids.flat().map(({ pid }) => pid)).size).toBe(2);
  });

  test('works again after an outage', async () => {
    const link = await aLinkTo(database.url);
    reports = new ReportDatabase({ url: link.url, migrations: [] });
    await reports.query('SELECT 1');
    await link.cut();
    await expect(reports.query('SELECT 1')).rejects.toThrow(UnavailableError);
    await link.open();
    expect(await reports.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await reports.onApplicationShutdown();
    await link.cut();
    reports = new ReportDatabase({ url: database.url, migrations: [] });
  });
});
