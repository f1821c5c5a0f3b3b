import { expect, test } from '@jest/globals';
import { Writable } from 'node:stream';
import { type SpendLogs } from '@app/spend';
import { aCaller } from '@testing/call';
import { type Response } from 'express';
import { SpendPagesController } from './spend-pages.controller.js';

const PAGES = 30;

test('an export leaves no listener behind, however often it waits for its client', async () => {
  let pages = 0;
  const logs = {
    page: () => Promise.resolve({ rows: [], next: (pages += 1) < PAGES ? String(pages) : null }),
  };
  const response = Object.assign(
    new Writable({ highWaterMark: 0, write: (_chunk, _encoding, done) => setImmediate(done) }),
    { setHeader: () => undefined },
  );
  const before = response.listenerCount('close');
  const period = { start_date: '2026-01-01', end_date: '2026-01-02' };
  const controller = new SpendPagesController(logs as unknown as SpendLogs);
  await controller.export(period, aCaller({ role: 'proxy_admin' }), response as unknown as Response);
  expect([pages, response.listenerCount('close') - before]).toEqual([PAGES, 0]);
});
