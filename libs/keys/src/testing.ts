import { type AddressInfo } from 'node:net';
import { type ArgumentsHost, Catch, type ExceptionFilter, Module, type Type } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, NestFactory } from '@nestjs/core';
import { type NestExpressApplication } from '@nestjs/platform-express';
import { type Response } from 'express';
import { GatewayError } from '@app/call';
import { type AppConfig, ConfigModule } from '@app/config';
import { DatabaseModule } from '@app/database';
import { anAppConfig } from '@testing/config';
import { KeyAuthGuard } from './key-auth.guard.js';
import { KeyEntity } from './key.entity.js';
import { generateKey, hashKey, keyNameOf } from './key-hash.js';
import { KeysModule } from './keys.module.js';

/** The row of a key that may do everything, for a random credential. */
export function aKey(overrides: Partial<KeyEntity> = {}): KeyEntity {
  const credential = generateKey();
  const now = new Date();
  const key = {
    hash: hashKey(credential),
    keyName: keyNameOf(credential),
    keyAlias: null,
    userId: null,
    teamId: null,
    models: [],
    aliases: {},
    allowedRoutes: [],
    maxBudgetUsd: null,
    expiresAt: null,
    blocked: false,
    metadata: {},
    version: '1',
    createdAt: now,
    createdBy: 'default_user_id',
    updatedAt: now,
    updatedBy: 'default_user_id',
  } satisfies Record<keyof KeyEntity, unknown>;
  return Object.assign(new KeyEntity(), key, overrides);
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

/** A server with the guard, `/key/*` and the controllers of a spec; nothing of the other doors. */
export interface KeysServer {
  readonly app: NestExpressApplication;
  readonly port: number;
  readonly masterKey: string;
  send<T = Record<string, unknown>>(request: string, sent?: Sent): Promise<Answer<T>>;
  close(): Promise<void>;
}

@Catch()
class ReplyFilter implements ExceptionFilter {
  catch(error: unknown, host: ArgumentsHost): void {
    const known = error instanceof GatewayError ? error : new GatewayError(500, 'bug', String(error));
    const { status, type, message, param, code, headers } = known;
    const response = host.switchToHttp().getResponse<Response>();
    response.status(status).set(headers).json({ error: { message, type, param, code } });
  }
}

/** Starts a {@link KeysServer} on a free port. */
export async function aKeysServer(
  databaseUrl: string,
  options: { readonly config?: AppConfig; readonly controllers?: Type[] } = {},
): Promise<KeysServer> {
  const config = options.config ?? anAppConfig();
  @Module({
    imports: [
      ConfigModule.forRoot(config),
      DatabaseModule.forRoot({ url: databaseUrl, migrations: [] }),
      KeysModule,
    ],
    controllers: options.controllers ?? [],
    providers: [
      { provide: APP_GUARD, useExisting: KeyAuthGuard },
      { provide: APP_FILTER, useClass: ReplyFilter },
    ],
  })
  class ServerModule {}
  const app = await NestFactory.create<NestExpressApplication>(ServerModule, {
    logger: false,
    bodyParser: false,
  });
  await app.listen(0, '127.0.0.1');
  const { port } = app.getHttpServer().address() as AddressInfo;
  const masterKey = config.masterKey.reveal();
  return {
    app,
    port,
    masterKey,
    close: () => app.close(),
    send: (request, sent = {}) => send(`http://127.0.0.1:${port}`, request, { key: masterKey, ...sent }),
  };
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
