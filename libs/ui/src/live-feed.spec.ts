import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { DrainState } from '@app/call';
import { type SpendLogs } from '@app/spend';
import { LiveFeed } from './live-feed.js';

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
});
afterEach(() => {
  jest.useRealTimers();
});

test('a page that has been told to connect anew is told nothing more, though its connection takes long to close', async () => {
  let looks = 0;
  const page = () =>
    Promise.resolve({ rows: [{ request_id: String((looks += 1)), endTime: '' }], next: null });
  const feed = new LiveFeed({ page } as unknown as SpendLogs, new DrainState());
  // As one that waits behind another request of its connection: it has no socket yet.
  const res = new ServerResponse(new IncomingMessage(new Socket()));
  const errors: Error[] = [];
  res.on('error', (error: Error) => errors.push(error));
  const followed = feed.follow({}, res, 'key');
  await jest.advanceTimersByTimeAsync(10 * 60_000 + 5_000);
  expect([res.writableEnded, errors]).toEqual([true, []]);
  res.emit('close');
  await followed;
});

const aFeed = () => {
  const page = () => Promise.resolve({ rows: [], next: null });
  return new LiveFeed({ page } as unknown as SpendLogs, new DrainState());
};
const aPage = () => new ServerResponse(new IncomingMessage(new Socket()));

test('one key has twenty live pages at most, and leaves the others their places', async () => {
  const feed = aFeed();
  const pages = Array.from({ length: 20 }, aPage);
  const followed = pages.map((page) => feed.follow({}, page, 'one'));
  await expect(feed.follow({}, aPage(), 'one')).rejects.toMatchObject({
    status: 429,
    message: 'You have 20 live pages open already; close one, or reload this one.',
  });
  const other = aPage();
  followed.push(feed.follow({}, other, 'other'));
  pages[0]?.emit('close');
  await followed[0];
  const again = aPage();
  followed.push(feed.follow({}, again, 'one'));
  for (const page of [...pages, other, again]) page.emit('close');
  await Promise.all(followed);
});

test('a page that never reads its end is cut, and gives its place back', async () => {
  const page = aPage();
  const followed = aFeed().follow({}, page, 'key');
  await jest.advanceTimersByTimeAsync(10 * 60_000 + 9_000);
  expect([page.writableEnded, page.destroyed]).toEqual([true, false]);
  await jest.advanceTimersByTimeAsync(1_000);
  expect(page.destroyed).toBe(true);
  await followed;
});
