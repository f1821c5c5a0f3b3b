import { parseArgs } from 'node:util';
import { Logger } from '@nestjs/common';
import { runMigrations } from '@app/database';
import { migrations } from '../../../../migrations/index.js';
import { seedRows } from './seed-rows.js';

/**
 * `npm run seed -- --database=postgres://… [--rows=10000000] [--days=90]`: fills an empty ledger, to see how reports do
 * with many rows.
 */
const { values } = parseArgs({
  options: {
    database: { type: 'string' },
    rows: { type: 'string', default: '10000000' },
    days: { type: 'string', default: '90' },
  },
});
const [rows, days] = [Number(values.rows), Number(values.days)];
const MOST_DAYS = 3_650;
const isSensible = Number.isSafeInteger(rows) && rows > 0 && Number.isSafeInteger(days) && days > 0;

if (!values.database || !isSensible || days > MOST_DAYS || rows < days) {
  process.stderr.write('Usage: npm run seed -- --database=postgres://… [--rows=10000000] [--days=90]\n');
  process.exit(2);
}
Logger.overrideLogger(false);
const startedAt = performance.now();
let done = 0;
try {
  await runMigrations({ url: values.database, migrations });
  await seedRows({
    databaseUrl: values.database,
    rows,
    days,
    onDay: (day, count) => {
      done += count;
      process.stderr.write(`${day}: ${done} of ${rows}\n`);
    },
  });
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exit(1);
}
const seconds = Math.round((performance.now() - startedAt) / 1_000);
process.stdout.write(`${JSON.stringify({ rows, days, seconds })}\n`);
