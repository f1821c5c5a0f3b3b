import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { routeSummary } from './harness/route-summary.ts';

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

const README = /(?<=<!-- routes -->\n\n)[\s\S]*?(?=\n\n<!-- \/routes -->)/;

test('the README shows the same routes, family by family', () => {
  const summary = routeSummary(readFileSync(SNAPSHOT, 'utf8'));
  const readme = readFileSync('README.md', 'utf8');
  if (process.env['UPDATE_ROUTES'] === '1')
    writeFileSync(
      'README.md',
      readme.replace(README, () => summary),
    );
  expect(README.exec(readFileSync('README.md', 'utf8'))?.[0]).toBe(summary);
});
