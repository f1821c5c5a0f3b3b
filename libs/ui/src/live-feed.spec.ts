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
  const followed = feed.follow({}, res);
  await jest.advanceTimersByTimeAsync(10 * 60_000 + 5_000);
  expect([res.writableEnded, errors]).toEqual([true, []]);
  res.emit('close');
  await followed;
});
