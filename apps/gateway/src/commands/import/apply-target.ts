import { type INestApplicationContext, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { type EntityManager } from 'typeorm';
import { type Actor, AuditLog, AuditModule } from '@app/audit';
import { ANONYMOUS } from '@app/call';
import { type AppConfig, ConfigModule } from '@app/config';
import { DatabaseModule, DatabaseService, NotificationService } from '@app/database';
import { noteKeyChanges } from '@app/keys';
import { noteModelChange } from '@app/routing';
import { MASTER_USER_ID, PrincipalChanges, UsersModule } from '@app/users';
import { migrations } from '../../../../../migrations/index.js';
import { type Batch, type Target } from './mover.js';
import { type KindReport } from './report.js';
import { keyOf, type Query, upsert } from './target-table.js';
import {
  BUDGETS,
  CUSTOMERS,
  KEYS,
  MODELS,
  ORGANIZATION_MEMBERS,
  ORGANIZATIONS,
  REPLACED_KEYS,
  TEAM_MEMBERS,
  TEAMS,
  USERS,
} from './target-tables.js';

/** Ten thousand keys are one statement. */
const STATEMENT_TIMEOUT_MS = 120_000;
const BOOT_WAIT_MS = 600_000;
const CONNECTIONS = 5;

/** Under what name replicas hear of a change; of members of organizations they need not hear. */
const SCOPES = new Map([
  [BUDGETS, 'budget'],
  [ORGANIZATIONS, 'organization'],
  [USERS, 'user'],
  [ORGANIZATION_MEMBERS, 'organization_member'],
  [TEAMS, 'team'],
  [TEAM_MEMBERS, 'team_member'],
  [CUSTOMERS, 'end_user'],
]);

/** Whoever may run this command has the database in his hands. */
const ACTOR: Actor = {
  caller: {
    ...ANONYMOUS,
    kind: 'master',
    role: 'proxy_admin',
    userId: MASTER_USER_ID,
    keyName: 'npm run import',
  },
  address: '',
  changedBy: null,
};

/** Writes as the management routes do: numbered, audited, and heard by every gateway that runs. */
export class ApplyTarget implements Target {
  private constructor(private readonly app: INestApplicationContext) {}

  /** Brings the database up to date first. @throws DatabaseStartError */
  static async open(config: AppConfig, url: string): Promise<ApplyTarget> {
    @Module({
      imports: [
        ConfigModule.forRoot(config),
        DatabaseModule.forRoot({
          url,
          poolSize: CONNECTIONS,
          queryTimeoutMs: STATEMENT_TIMEOUT_MS,
          bootWaitMs: BOOT_WAIT_MS,
          migrations,
        }),
        AuditModule,
        UsersModule,
      ],
    })
    class ImportModule {}
    const app = await NestFactory.createApplicationContext(ImportModule, {
      logger: false,
      abortOnError: false,
    });
    if (app.get(DatabaseService).ready) return new ApplyTarget(app);
    await app.close();
    throw new Error('The database to carry everything into is not available.');
  }

  readonly query: Query = (sql, values) =>
    this.app
      .get(DatabaseService)
      .transaction(STATEMENT_TIMEOUT_MS, (manager) => manager.query(sql, values as unknown[]));

  readonly write = async (batch: Batch): Promise<void> => {
    if (batch.target === MODELS) await this.writeModels(batch);
    else await this.writeNumbered(batch);
  };

  readonly note = (report: KindReport): Promise<void> =>
    this.app
      .get(DatabaseService)
      .transaction(STATEMENT_TIMEOUT_MS, (manager) => this.audit(manager, 'spend.imported', report));

  async close(): Promise<void> {
    await this.app.close();
  }

  private async writeNumbered(batch: Batch): Promise<void> {
    const isOfKeys = batch.target === KEYS || batch.target === REPLACED_KEYS;
    await this.app.get(PrincipalChanges).write(async (manager, epoch) => {
      const notifications = this.app.get(NotificationService);
      await upsert(
        batch.target,
        batch.rows,
        queryOf(manager),
        batch.target === KEYS ? { version: epoch } : {},
      );
      const changed = batch.rows.map((row) => keyOf(batch.target, row));
      if (isOfKeys) {
        const hashes = changed.map((hash) => ({ hash }));
        await noteKeyChanges({ manager, epoch, notifications }, hashes);
      }
      await this.audit(manager, `${batch.target.entity}.imported`, batch.report);
      const scope = SCOPES.get(batch.target);
      return { scopes: isOfKeys ? [] : changed.map((key) => `${scope ?? ''}:${key}`), result: undefined };
    }, STATEMENT_TIMEOUT_MS);
  }

  private async writeModels(batch: Batch): Promise<void> {
    await this.app.get(DatabaseService).transaction(STATEMENT_TIMEOUT_MS, async (manager) => {
      await noteModelChange(manager, this.app.get(NotificationService));
      await upsert(batch.target, batch.rows, queryOf(manager));
      await this.audit(manager, `${batch.target.entity}.imported`, batch.report);
    });
  }

  /** One entry for all things of a kind. */
  private async audit(manager: EntityManager, action: string, report: KindReport): Promise<void> {
    const { kind, found, created, changed } = report;
    const after = { kind, found, created, changed };
    const what = { action, entity: 'import', entityId: 'litellm' };
    await this.app.get(AuditLog).record(manager, ACTOR, { ...what, before: null, after });
  }
}

const queryOf =
  (manager: EntityManager): Query =>
  (sql, values) =>
    manager.query(sql, values as unknown[]);
