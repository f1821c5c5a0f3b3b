import { type MigrationInterface } from 'typeorm';

/** Every migration of the gateway; their order is that of the timestamps in their names. */
export const migrations: (new () => MigrationInterface)[] = [];
