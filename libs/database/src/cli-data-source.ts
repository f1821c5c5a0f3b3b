import { readEnvironment } from '@app/config';
import { DataSource } from 'typeorm';
import { migrations } from '../../../migrations/index.js';
import { migrationOptions } from './run-migrations.js';

/** For TypeORM's command line: `typeorm migration:show -d dist/libs/database/src/cli-data-source.js`. */
export const cliDataSource = new DataSource({
  ...migrationOptions(readEnvironment()['DATABASE_URL'] ?? '', migrations),
  // What the command line prints goes through the logger.
  logger: 'simple-console',
});
