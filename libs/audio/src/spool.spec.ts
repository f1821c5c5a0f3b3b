import { expect, test } from '@jest/globals';
import { Readable } from 'node:stream';
import { Spool } from './spool.js';

const LIMITS = { all: 300, ofOne: 200 };
const spool = (bytes: number, holder: string): Promise<Spool> =>
  Spool.from(Readable.from([Buffer.alloc(bytes)]), { holder, look: () => undefined, limits: LIMITS });

test('a key whose uploads fill its room is told so, and the others have theirs', async () => {
  const first = await spool(200, 'one');
  await expect(spool(1, 'one')).rejects.toMatchObject({ status: 429 });
  const other = await spool(100, 'other');
  await first.close();
  await (await spool(200, 'one')).close();
  await other.close();
});

test('an upload for which there is no room at present may come again: it is not too large', async () => {
  const [first, second] = [await spool(200, 'one'), await spool(100, 'other')];
  await expect(spool(1, 'third')).rejects.toMatchObject({ status: 503, headers: { 'retry-after': '10' } });
  await first.close();
  const third = await spool(150, 'third');
  expect(Buffer.concat(await third.read().toArray()).length).toBe(150);
  await Promise.all([second.close(), third.close()]);
});
