export { isConnectionFailure, unavailableFrom } from './connection-failure.js';
export { DatabaseModule } from './database.module.js';
export { type DatabaseModuleOptions, DatabaseService } from './database.service.js';
export { DatabaseStartError } from './database-start.error.js';
export { EmbeddedPostgres, type EmbeddedPostgresOptions } from './embedded-postgres.js';
export { type NotificationHandler, NotificationService } from './notification.service.js';
export { ReportDatabase } from './report-database.js';
export { type MigrationClass, runMigrations } from './run-migrations.js';
