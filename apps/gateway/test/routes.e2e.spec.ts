import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';

const SNAPSHOT = 'apps/gateway/test/route-table.txt';
const HEADER =
  '# Every route with its access class. Written by `UPDATE_ROUTES=1 npm test -- routes`; a change shows in review.\n';

test('the routes and who may call them are those of the checked-in table', () => {
  const table = execFileSync(process.execPath, ['dist/apps/gateway/src/commands/routes.js'], {
    encoding: 'utf8',
  });
  if (process.env['UPDATE_ROUTES'] === '1') writeFileSync(SNAPSHOT, HEADER + table);
  expect(HEADER + table).toBe(readFileSync(SNAPSHOT, 'utf8'));
});
