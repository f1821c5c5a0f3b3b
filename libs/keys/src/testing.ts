import { request as httpRequest } from 'node:http';
import { type AddressInfo } from 'node:net';
import {
  All,
  type ArgumentsHost,
  Catch,
  Controller,
  type ExceptionFilter,
  Get,
  Module,
  Req,
  type Type,
} from '@nestjs/common';
import { APP_FILTER, APP_GUARD, NestFactory } from '@nestjs/core';
import { type NestExpressApplication } from '@nestjs/platform-express';
import { type Response } from 'express';
import { Access, ANONYMOUS, GatewayError, type GatewayRequest } from '@app/call';
import { type AppConfig, ConfigModule } from '@app/config';
import { DatabaseModule } from '@app/database';
import { PrincipalChanges, type Principals } from '@app/users';
import { anAppConfig } from '@testing/config';
import { aTestDatabase, type TestDatabase } from '@testing/database';
import { KeyAuthGuard } from './key-auth.guard.js';
import { type KeyEntity } from './key.entity.js';
import { generateKey } from './key-hash.js';
import { NOBODY } from './key-reader.js';
import { newKey } from './key-row.js';
import { type KeySnapshot, snapshotOf } from './key-snapshot.js';
import { KeysModule } from './keys.module.js';

/** The row of a key that may do everything, for a random credential. */
export function aKey(overrides: Partial<KeyEntity> = {}): KeyEntity {
  const credential = generateKey();
  const caller = { ...ANONYMOUS, userId: 'default_user_id' };
  const key = Object.assign(newKey(credential, caller, new Date()), { version: '1' });
  return Object.assign(key, overrides);
}

/** The snapshot of a key that nobody stands above. */
export function aSnapshot(key: KeyEntity = aKey(), principals: Partial<Principals> = {}): KeySnapshot {
  return snapshotOf({
    hash: key.hash,
    key,
    principals: { ...NOBODY, ...principals },
    revokedAtMs: null,
    version: Number(key.version),
  });
}

interface Sent {
  /** The credential of the Authorization header; by default the master key, null for none. */
  readonly key?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

export interface Answer<T = Record<string, unknown>> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: T;
}

export interface ErrorBody {
  readonly error: { message: string; type: string; param: string | null; code: string };
}

export interface GeneratedKey extends Record<string, unknown> {
  readonly key: string;
  readonly token: string;
}

export interface KeyInfo {
  readonly key: string;
  readonly info: Readonly<Record<string, unknown>>;
}

/** A server with the guard, `/key/*` and the probe; nothing of the doors. */
export interface KeysServer {
  readonly app: NestExpressApplication;
  readonly port: number;
  readonly masterKey: string;
  send<T = Record<string, unknown>>(request: string, sent?: Sent): Promise<Answer<T>>;
  /** Sends exactly these header lines, names and values in turn, and `Host`. */
  raw(request: string, headers: readonly string[]): Promise<{ status: number; text: string }>;
  /** Writes rows of users, teams, … as their part does: numbered, and in force here when the promise resolves. */
  write(
    scopes: readonly string[],
    ...statements: readonly [sql: string, ...values: unknown[]][]
  ): Promise<void>;
  /** A user with a key that stands for it; `limits` are columns. Returns the credential. */
  user(userId: string, row?: Readonly<Record<string, unknown>>, key?: object): Promise<string>;
  /** A team; `members` by user id. */
  team(
    teamId: string,
    members?: Readonly<Record<string, 'admin' | 'user'>>,
    row?: Readonly<Record<string, unknown>>,
  ): Promise<void>;
  /** `POST /key/generate` with the master key. */
  generate(body?: unknown): Promise<Answer<GeneratedKey>>;
  /** As {@link generate}; the credential alone. */
  mint(body?: object): Promise<string>;
  /** `GET /key/info`; `query` with its question mark. */
  info(query?: string, key?: string): Promise<Answer<KeyInfo>>;
  close(): Promise<void>;
}

const seen = ({ caller }: GatewayRequest) => ({ kind: caller.kind, hash: caller.keyHash, role: caller.role });

/** One route of each access class; what answers is the caller as the guard left it. */
@Controller('probe')
export class ProbeController {
  static adminRuns = 0;

  @All('public') @Access('public') public(@Req() request: GatewayRequest) {
    return seen(request);
  }
  @All('inference') @Access('inference') inference(@Req() request: GatewayRequest) {
    return seen(request);
  }
  @All('opened') @Access('inference') opened(@Req() request: GatewayRequest) {
    return seen(request);
  }
  @All('self') @Access('self') self(@Req() request: GatewayRequest) {
    return seen(request);
  }
  @Get('admin') @Access('admin') admin(@Req() request: GatewayRequest) {
    ProbeController.adminRuns++;
    return seen(request);
  }
  @All('opened-admin') @Access('admin') openedAdmin(@Req() request: GatewayRequest) {
    return seen(request);
  }
  @Get('models/:model/chat') @Access('inference') templated(@Req() request: GatewayRequest) {
    return seen(request);
  }
  @Get('unclassified') unclassified() {
    return 'reached';
  }
}

/** Says what went wrong as the gateway does; what is no {@link GatewayError} is a bug of the server. */
@Catch()
export class ReplyFilter implements ExceptionFilter {
  catch(error: unknown, host: ArgumentsHost): void {
    const known = error instanceof GatewayError ? error : new GatewayError(500, 'bug', String(error));
    const { status, type, message, param, code, headers } = known;
    const response = host.switchToHttp().getResponse<Response>();
    response.status(status).set(headers).json({ error: { message, type, param, code } });
  }
}

/** An application of this module on a free port of 127.0.0.1. */
export async function listening(module: Type) {
  const app = await NestFactory.create<NestExpressApplication>(module, { logger: false, bodyParser: false });
  await app.listen(0, '127.0.0.1');
  const { port } = app.getHttpServer().address() as AddressInfo;
  return { app, port, origin: `http://127.0.0.1:${port}` };
}

/** Starts a {@link KeysServer} on a free port. */
export async function aKeysServer(
  databaseUrl: string,
  config: AppConfig = anAppConfig(),
): Promise<KeysServer> {
  @Module({
    imports: [
      ConfigModule.forRoot(config),
      DatabaseModule.forRoot({ url: databaseUrl, migrations: [] }),
      KeysModule,
    ],
    controllers: [ProbeController],
    providers: [
      { provide: APP_GUARD, useExisting: KeyAuthGuard },
      { provide: APP_FILTER, useClass: ReplyFilter },
    ],
  })
  class ServerModule {}
  const { app, port, origin } = await listening(ServerModule);
  const masterKey = config.masterKey.reveal();
  const generate: KeysServer['generate'] = (body = {}) =>
    send(origin, 'POST /key/generate', { key: masterKey, body });
  const mint = async (body: object = {}): Promise<string> => (await generate(body)).body.key;
  return {
    app,
    port,
    masterKey,
    ...people(app, mint),
    close: () => app.close(),
    send: (request, sent = {}) => send(origin, request, { key: masterKey, ...sent }),
    raw: (request, headers) => raw(port, request, headers),
    generate,
    mint,
    info: (query = '', key = masterKey) => send(origin, `GET /key/info${query}`, { key }),
  };
}

/** A {@link KeysServer} on a database of its own, which goes when it is closed. */
export interface OwnKeysServer extends KeysServer {
  readonly database: TestDatabase;
  /** One more server on the same database. */
  twin(config?: AppConfig): Promise<KeysServer>;
}

/** Starts an {@link OwnKeysServer} on a free port. */
export async function anOwnKeysServer(config?: AppConfig): Promise<OwnKeysServer> {
  const database = await aTestDatabase();
  const server = await aKeysServer(database.url, config);
  const close = async (): Promise<void> => {
    await server.close();
    await database.drop();
  };
  return { ...server, database, twin: (other) => aKeysServer(database.url, other), close };
}

/** Rows above keys. */
function people(
  app: NestExpressApplication,
  mint: KeysServer['mint'],
): Pick<KeysServer, 'write' | 'user' | 'team'> {
  const write: KeysServer['write'] = (scopes, ...statements) =>
    app.get(PrincipalChanges).write(async (manager) => {
      for (const [sql, ...values] of statements) await manager.query(sql, values);
      return { scopes, result: undefined };
    });
  return {
    write,
    user: async (userId, row = {}, key = {}) => {
      await write([`user:${userId}`], insertion('users', { user_id: userId, ...row }));
      return mint({ user_id: userId, ...key });
    },
    team: (teamId, members = {}, row = {}) =>
      write(
        [`team:${teamId}`],
        insertion('teams', { team_id: teamId, ...row }),
        ...Object.entries(members).map(([user_id, role]): [string, ...unknown[]] => [
          'INSERT INTO team_members (team_id, user_id, role) VALUES ($1, $2, $3)',
          teamId,
          user_id,
          role,
        ]),
      ),
  };
}

function insertion(table: string, row: Readonly<Record<string, unknown>>): [string, ...unknown[]] {
  const all = { ...row, created_by: 'tests', updated_by: 'tests' };
  const places = Object.keys(all).map((_, index) => `$${index + 1}`);
  const sql = `INSERT INTO ${table} (${Object.keys(all).join(', ')}) VALUES (${places.join(', ')})`;
  return [sql, ...Object.values(all)];
}

function raw(
  port: number,
  request: string,
  lines: readonly string[],
): Promise<{ status: number; text: string }> {
  const [method = 'GET', path = '/'] = request.split(' ');
  const headers = ['Host', 'localhost', ...lines];
  return new Promise((resolve, reject) => {
    const sent = httpRequest(
      { port, host: '127.0.0.1', path, method, headers, setDefaultHeaders: false },
      (reply) => {
        let text = '';
        reply.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        reply.on('end', () => resolve({ status: reply.statusCode ?? 0, text }));
      },
    );
    sent.on('error', reject).end();
  });
}

async function send<T>(origin: string, request: string, { key, headers, body }: Sent): Promise<Answer<T>> {
  const [method = 'GET', path = '/'] = request.split(' ');
  const reply = await fetch(origin + path, {
    method,
    headers: {
      ...(key === null ? {} : { authorization: `Bearer ${key ?? ''}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await reply.text();
  return { status: reply.status, headers: reply.headers, body: (text === '' ? null : JSON.parse(text)) as T };
}
