import {
  type CanActivate,
  type ExecutionContext,
  Module,
  type ModuleMetadata,
  type Type,
} from '@nestjs/common';
import { APP_FILTER, APP_GUARD } from '@nestjs/core';
import { type NestExpressApplication } from '@nestjs/platform-express';
import { afterAll, beforeAll, expect } from '@jest/globals';
import { ANONYMOUS, type Call, type Caller, type GatewayRequest, type Outcome } from '@app/call';
import { AuditModule } from '@app/audit';
import { ConfigModule } from '@app/config';
import { DatabaseModule } from '@app/database';
import { KeyAuthGuard, KeysModule } from '@app/keys';
import { Ledger, SpendModule } from '@app/spend';
import { UsersModule } from '@app/users';
import { aCall, aCaller, aDeployment, anOutcome } from '@testing/call';
import { anAppConfig } from '@testing/config';
import { aTestDatabase, type TestDatabase } from '@testing/database';
import { listening, ReplyFilter } from '@testing/keys';
import { aRowId } from '@testing/spend';
import { ActivityReports } from './activity-reports.js';
import { SpendLists } from './spend-lists.js';
import { SpendNames } from './spend-names.js';
import { UsersAdminModule } from './users/users-admin.module.js';

export const MASTER: Caller = { ...ANONYMOUS, kind: 'master', keyHash: 'f'.repeat(64) };

export interface SpendReply<T> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: T;
}

/** Controllers over a real database, with the ledger that writes what they read; no guard asks for a key. */
export interface SpendServer {
  readonly ledger: Ledger;
  /** `path` as it stands in a request; `caller` is who asks, by default the master key. */
  get<T>(path: string, caller?: Caller): Promise<SpendReply<T>>;
  post<T>(path: string, body: object, caller?: Caller): Promise<SpendReply<T>>;
  close(): Promise<void>;
}

/** Starts a {@link SpendServer} on a free port. */
export async function aSpendServer(
  databaseUrl: string,
  controllers: Type[],
  more: Pick<ModuleMetadata, 'imports' | 'providers'> = {},
): Promise<SpendServer> {
  let current = MASTER;
  class CallerGuard implements CanActivate {
    canActivate(context: ExecutionContext): boolean {
      context.switchToHttp().getRequest<GatewayRequest>().caller = current;
      return true;
    }
  }
  @Module({
    imports: [
      ConfigModule.forRoot(anAppConfig({ journalDir: null })),
      DatabaseModule.forRoot({ url: databaseUrl, migrations: [] }),
      SpendModule,
      ...(more.imports ?? []),
    ],
    controllers,
    providers: [
      ...(more.providers ?? []),
      { provide: APP_GUARD, useValue: new CallerGuard() },
      { provide: APP_FILTER, useClass: ReplyFilter },
    ],
  })
  class ServerModule {}
  const { app, origin } = await listening(ServerModule);
  const ledger = app.get(Ledger);
  await writesDirectly(ledger);
  return {
    ledger,
    get: (path, caller = MASTER) => {
      current = caller;
      return ask(origin + path);
    },
    post: (path, body, caller = MASTER) => {
      current = caller;
      const headers = { 'content-type': 'application/json' };
      return ask(origin + path, { method: 'POST', body: JSON.stringify(body), headers });
    },
    close: () => app.close(),
  };
}

async function writesDirectly(ledger: Ledger): Promise<void> {
  for (const deadline = Date.now() + 5_000; ledger.stats().mode !== 'direct' && Date.now() < deadline;) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function ask<T>(url: string, init: RequestInit = {}): Promise<SpendReply<T>> {
  const answer = await fetch(url, init);
  const text = await answer.text();
  const isJson = answer.headers.get('content-type')?.includes('json') === true;
  return { status: answer.status, headers: answer.headers, body: (isJson ? JSON.parse(text) : text) as T };
}

const USD = 10n ** 12n;

export const ann = aCaller({ keyHash: '1'.repeat(64), userId: 'ann', teamId: 'red', role: 'internal_user' });
/** Administers the team that Ann belongs to. */
export const bob = aCaller({
  keyHash: '2'.repeat(64),
  userId: 'bob',
  teamId: 'red',
  role: 'internal_user_viewer',
});
export const nobody = aCaller({ keyHash: '3'.repeat(64) });

/** All days on which {@link aSpentWeek} has calls. */
export const PERIOD = 'start_date=2026-01-22&end_date=2026-01-24';

export interface SpentWeek {
  readonly server: SpendServer;
  /** The body of an answer that is 200. */
  get<T>(path: string, caller?: Caller): Promise<T>;
}

/** Ann, Bob and nobody, who have made four calls; for the tests of one file. */
export function aSpentWeek(controllers: Type[]): SpentWeek {
  const parts: { database?: TestDatabase; server?: SpendServer } = {};
  const server = (): SpendServer => parts.server ?? fail();
  beforeAll(async () => {
    parts.database = await aTestDatabase();
    parts.server = await aSpendServer(parts.database.url, controllers, {
      imports: [UsersModule],
      providers: [ActivityReports, SpendLists, SpendNames],
    });
    await addPeople(parts.database);
    await addCalls(parts.server);
  });
  afterAll(async () => {
    await parts.server?.close();
    await parts.database?.drop();
  });
  return {
    get server() {
      return server();
    },
    get: async <T>(path: string, caller?: Caller) => {
      const { status, body } = await server().get<T>(path, caller);
      expect({ path, status, body }).toMatchObject({ status: 200 });
      return body;
    },
  };
}

function fail(): never {
  throw new Error('only within tests');
}

async function addPeople(database: TestDatabase): Promise<void> {
  await database.query(`INSERT INTO users (user_id, user_email, user_role, created_by, updated_by)
    VALUES ('ann', 'ann@example.com', 'internal_user', 'test', 'test'), ('bob', null, null, 'test', 'test')`);
  await database.query(`INSERT INTO teams (team_id, team_alias, created_by, updated_by)
    VALUES ('red', 'The Reds', 'test', 'test')`);
  await database.query(`INSERT INTO team_members (team_id, user_id, role) VALUES ('red', 'bob', 'admin')`);
  await database.query(
    `INSERT INTO virtual_keys (hash, key_name, key_alias, user_id, team_id, version, created_by, updated_by)
     VALUES ($1, 'sk-...1111', 'laptop', 'ann', 'red', 1, 'test', 'test'),
       ($2, 'sk-...2222', null, 'bob', 'red', 1, 'test', 'test')`,
    [ann.keyHash, bob.keyHash],
  );
}

async function addCalls({ ledger }: SpendServer): Promise<void> {
  const [small, large] = ['small', 'large'].map((name) => aDeployment({ id: name, upstreamModel: name }));
  const record = async (day: string, changes: Partial<Outcome>, call: Partial<Omit<Call, 'body'>>) => {
    const startedAt = new Date(`${day}T12:00:00Z`);
    const made = aCall({ id: aRowId(startedAt.getTime()), startedAt, ...call });
    await ledger.close(
      anOutcome({ call: made, responseId: `r-${call.callId}`, deployment: large ?? null, ...changes }),
    );
  };
  await record(
    '2026-01-22',
    { costPicoUsd: USD, deployment: small ?? null },
    { caller: ann, callId: 'a', tags: ['x', 'y'] },
  );
  await record('2026-01-22', { costPicoUsd: 2n * USD }, { caller: bob, callId: 'b', tags: ['x'] });
  await record('2026-01-24', { costPicoUsd: 4n * USD }, { caller: ann, callId: 'c', endUser: '=Eve' });
  await record(
    '2026-01-24',
    { costPicoUsd: 0n, status: 500, errorType: 'upstream_error', errorMessage: 'It 100% broke' },
    { caller: nobody, callId: 'd' },
  );
}

interface Sent {
  /** The credential; by default the master key. */
  readonly key?: string;
  readonly body?: unknown;
}

/** An answer of a {@link ManagementServer}; `text` is the body as it came. */
export interface ManagementAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: Record<string, unknown> & {
    readonly error?: { message: string; type: string; param: string };
  };
}

/** `/user`, `/team`, `/customer`, `/budget`, `/organization`, `/key` and `/audit` behind the real guard. */
export interface ManagementServer {
  readonly app: NestExpressApplication;
  /** Its own: it goes when the server is closed. */
  readonly database: TestDatabase;
  /** `POST /user/new`. */
  send(request: string, sent?: Sent): Promise<ManagementAnswer>;
  /** As {@link send}; fails unless the answer is 200. */
  ok(request: string, body?: unknown, key?: string): Promise<Record<string, unknown>>;
  close(): Promise<void>;
}

/** Starts a {@link ManagementServer} on a free port; a `given` database becomes its own. */
export async function aManagementServer(given?: TestDatabase): Promise<ManagementServer> {
  const database = given ?? (await aTestDatabase());
  const config = anAppConfig({ journalDir: null });
  @Module({
    imports: [
      ConfigModule.forRoot(config),
      DatabaseModule.forRoot({ url: database.url, migrations: [] }),
      KeysModule,
      AuditModule,
      UsersAdminModule,
    ],
    providers: [
      { provide: APP_GUARD, useExisting: KeyAuthGuard },
      { provide: APP_FILTER, useClass: ReplyFilter },
    ],
  })
  class ServerModule {}
  const { app, origin } = await listening(ServerModule);
  const send: ManagementServer['send'] = async (request, { key = config.masterKey.reveal(), body } = {}) => {
    const [method = 'GET', path = '/'] = request.split(' ');
    const reply = await fetch(origin + path, {
      method,
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await reply.text();
    return { status: reply.status, headers: reply.headers, text, body: JSON.parse(text) as never };
  };
  return {
    app,
    database,
    send,
    ok: async (request, body, key) => {
      const answer = await send(request, { ...(key !== undefined && { key }), body });
      if (answer.status !== 200) throw new Error(`${request}: ${answer.status} ${answer.text}`);
      return answer.body;
    },
    close: async () => {
      await app.close();
      await database.drop();
    },
  };
}
