import { resolve } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { configFrom, problemsFrom } from './testing.js';

const URL_TEXT = 'postgresql://litellm:p%40ss@litellm-postgres:5432/litellm';
const PARTS = {
  DATABASE_HOST: 'db',
  DATABASE_USERNAME: 'gate way',
  DATABASE_PASSWORD: 'p@ss:/#?%',
  DATABASE_NAME: 'litellm',
};

describe('the database', () => {
  test('is the built-in one where nothing is said', () => {
    expect(configFrom('{}')).toMatchObject({
      databaseUrl: null,
      databasePoolSize: 10,
      dataDir: resolve('data'),
    });
  });

  test('is the one of DATABASE_URL', () => {
    const config = configFrom('{}', { DATABASE_URL: URL_TEXT });
    expect(config.databaseUrl?.reveal()).toBe(URL_TEXT);
    expect(JSON.stringify(config)).not.toContain('p%40ss');
  });

  test('is the one of general_settings before that', () => {
    const yaml = 'general_settings: {database_url: "postgres://a@b/c", database_connection_pool_limit: 3}';
    const config = configFrom(yaml, { DATABASE_URL: URL_TEXT });
    expect(config.databaseUrl?.reveal()).toBe('postgres://a@b/c');
    expect(config.databasePoolSize).toBe(3);
  });

  test('may be given in parts, whose special characters are escaped', () => {
    const text = configFrom('{}', PARTS).databaseUrl?.reveal() ?? '';
    expect(text).toBe('postgresql://gate%20way:p%40ss%3A%2F%23%3F%25@db:5432/litellm');
    expect(decodeURIComponent(new URL(text).password)).toBe('p@ss:/#?%');
  });

  test('parts are not read beside DATABASE_URL', () => {
    expect(configFrom('{}', { ...PARTS, DATABASE_URL: URL_TEXT }).databaseUrl?.reveal()).toBe(URL_TEXT);
  });

  test('a password is not needed', () => {
    const env = { ...PARTS, DATABASE_PASSWORD: '', DATABASE_USERNAME: 'u', DATABASE_PORT: '6543' };
    expect(configFrom('{}', env).databaseUrl?.reveal()).toBe('postgresql://u@db:6543/litellm');
  });

  test('each missing part is a problem', () => {
    expect(problemsFrom('{}', { DATABASE_HOST: 'db' })).toMatchObject([
      { file: 'environment', message: '`DATABASE_USERNAME` is missing.' },
      { file: 'environment', message: '`DATABASE_NAME` is missing.' },
    ]);
  });

  test.each([
    ['mysql://a:geheim@b/c', 'This is no address of a PostgreSQL server.'],
    [
      'postgresql://litellm:<geheim>@litellm-postgres:5432/litellm',
      'It still holds a `<placeholder>` of the example.',
    ],
    ['postgresql://u:geheim#x@host/db', 'The address cannot be taken apart.'],
    ['postgresql://u:geheim/x@host/db', 'The address cannot be taken apart.'],
    ['postgresql://u:geheim?x@host/db', 'The address cannot be taken apart.'],
    ['postgresql://u:geheim x@host/db', 'The address cannot be taken apart.'],
  ])('%s is refused without being repeated', (text, message) => {
    const problems = problemsFrom('{}', { DATABASE_URL: text });
    expect(problems).toMatchObject([{ path: 'DATABASE_URL', message }]);
    expect(JSON.stringify(problems)).not.toContain('geheim');
  });
});

describe('models of the database', () => {
  test.each(['True', 'true', '1'])('STORE_MODEL_IN_DB=%s', (value) => {
    expect(configFrom('{}', { STORE_MODEL_IN_DB: value }).storeModelInDb).toBe(true);
  });

  test('config.yaml wins', () => {
    const yaml = 'general_settings: {store_model_in_db: false}';
    expect(configFrom(yaml, { STORE_MODEL_IN_DB: 'True' }).storeModelInDb).toBe(false);
  });
});

describe('the journal', () => {
  test('stands beside the built-in database', () => {
    const config = configFrom('{}', { JOURNAL_DIR: '', DATA_DIR: '/srv/data' });
    expect(config.journalDir).toBe('/srv/data/journal');
  });

  test('is absent beside another database, loudly', () => {
    const config = configFrom('{}', { JOURNAL_DIR: '', DATABASE_URL: URL_TEXT });
    expect(config.journalDir).toBeNull();
    expect(config.warnings.join()).toContain('JOURNAL_DIR: It is not set: there is no journal');
  });

  test('is where it is wanted', () => {
    const config = configFrom('{}', {
      JOURNAL_DIR: 'journal',
      DATABASE_URL: URL_TEXT,
      JOURNAL_SYNC: 'always',
    });
    expect(config).toMatchObject({ journalDir: resolve('journal'), journalSync: 'always' });
  });

  test('is not synchronised by whim', () => {
    expect(problemsFrom('{}', { JOURNAL_SYNC: 'sometimes' })).toMatchObject([
      { path: 'JOURNAL_SYNC', remedy: 'Write one of: interval, always.' },
    ]);
  });
});
