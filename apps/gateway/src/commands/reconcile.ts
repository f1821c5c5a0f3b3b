import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Logger } from '@nestjs/common';
import { loadConfig, readEnvironment } from '@app/config';
import { EmbeddedPostgres } from '@app/database';
import { reconcile } from '@app/spend';

/**
 * `npm run reconcile [-- --database=postgres://… --journal=folder]`: compares all books and prints one line of JSON; ends
 * with 1 when anything is unexplained. Without `--database` it takes database and journal of the configuration.
 */
const { values } = parseArgs({ options: { database: { type: 'string' }, journal: { type: 'string' } } });
// Standard output belongs to the report.
Logger.overrideLogger(false);

interface Books {
  readonly url: string;
  readonly journalDir: string | null;
  readonly close: () => Promise<void>;
}

async function openBooks(): Promise<Books> {
  if (values.database) {
    return { url: values.database, journalDir: values.journal ?? null, close: () => Promise.resolve() };
  }
  const config = loadConfig({ env: readEnvironment() });
  const journalDir = values.journal ?? config.journalDir;
  if (config.databaseUrl) {
    return { url: config.databaseUrl.reveal(), journalDir, close: () => Promise.resolve() };
  }
  const embedded = new EmbeddedPostgres({ dataDir: join(config.dataDir, 'postgres') });
  const { url } = await embedded.start();
  return { url, journalDir, close: () => embedded.stop() };
}

try {
  const books = await openBooks();
  try {
    const report = await reconcile(books.url, books.journalDir);
    process.stdout.write(`${JSON.stringify(report)}\n`);
    process.exitCode = report.unexplained === '0' && report.differences === 0 ? 0 : 1;
  } finally {
    await books.close();
  }
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
}
