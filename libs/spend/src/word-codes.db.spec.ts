import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { aTestDatabase, type TestDatabase } from '@testing/database';
import { SpendConnection } from './spend-connection.js';
import { WordCodes } from './word-codes.js';

let database: TestDatabase;
let connections: SpendConnection[];

function someCodes(): WordCodes {
  const connection = new SpendConnection(database.url);
  connections.push(connection);
  return new WordCodes(connection);
}

beforeEach(async () => {
  connections = [];
  database = await aTestDatabase();
});
afterEach(async () => {
  await Promise.all(connections.map((connection) => connection.close()));
  await database.drop();
});

describe('codes of words', () => {
  test('stand in the order of the words, null for null, the unused first left out', async () => {
    const codes = someCodes();
    const [a, none, b, again] = await codes.of([null, 'a', null, 'b', 'a']);
    expect(none).toBeNull();
    expect(again).toBe(a);
    expect(
      await database.query('SELECT word FROM spend_words WHERE code = ANY($1) ORDER BY word', [[a, b]]),
    ).toEqual([{ word: 'a' }, { word: 'b' }]);
  });

  test('the empty word is a word, not none', async () => {
    const [empty, none] = await someCodes().of([null, '', null]);
    expect(empty).toEqual(expect.any(Number));
    expect(none).toBeNull();
  });

  test('are the same for everybody, also when all learn at once', async () => {
    const words = [null, ...Array.from({ length: 200 }, (_, index) => `word ${index}`)];
    const all = await Promise.all(Array.from({ length: 6 }, () => someCodes().of(words)));
    for (const codes of all) expect(codes).toEqual(all[0]);
    expect(await database.query('SELECT count(*)::int AS n FROM spend_words')).toEqual([{ n: 200 }]);
  });

  test('that are known cost no statement', async () => {
    const codes = someCodes();
    const before = await codes.of([null, 'a']);
    await connections[0]?.close();
    expect(await codes.of([null, 'a'])).toEqual(before);
  });

  test('are forgotten with the connection: it may lead to another database next time', async () => {
    const codes = someCodes();
    const [before] = await codes.of([null, 'a']);
    await database.query('DELETE FROM spend_words');
    await connections[0]?.close();
    await connections[0]?.run((client) => client.query('SELECT 1'));
    const [after] = await codes.of([null, 'a']);
    expect(after).not.toBe(before);
  });
});
