import { type AddressInfo } from 'node:net';
import {
  type ArgumentsHost,
  type CanActivate,
  Catch,
  type ExceptionFilter,
  type ExecutionContext,
  Module,
  type Type,
} from '@nestjs/common';
import { APP_FILTER, APP_GUARD, NestFactory } from '@nestjs/core';
import { type NestExpressApplication } from '@nestjs/platform-express';
import { ANONYMOUS, type Caller, GatewayError, type GatewayRequest } from '@app/call';
import { ConfigModule } from '@app/config';
import { DatabaseModule } from '@app/database';
import { Ledger, SpendModule } from '@app/spend';
import { anAppConfig } from '@testing/config';
import { type Response } from 'express';

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
  close(): Promise<void>;
}

@Catch(GatewayError)
class ReplyFilter implements ExceptionFilter<GatewayError> {
  catch({ status, type, param }: GatewayError, host: ArgumentsHost): void {
    host.switchToHttp().getResponse<Response>().status(status).json({ error: { type, param } });
  }
}

export async function aSpendServer(databaseUrl: string, controllers: Type[]): Promise<SpendServer> {
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
    ],
    controllers,
    providers: [
      { provide: APP_GUARD, useValue: new CallerGuard() },
      { provide: APP_FILTER, useClass: ReplyFilter },
    ],
  })
  class ServerModule {}
  const app = await NestFactory.create<NestExpressApplication>(ServerModule, { logger: false });
  await app.listen(0, '127.0.0.1');
  const { port } = app.getHttpServer().address() as AddressInfo;
  const ledger = app.get(Ledger);
  for (const deadline = Date.now() + 5_000; ledger.stats().mode !== 'direct' && Date.now() < deadline;) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return {
    ledger,
    get: async (path, caller = MASTER) => {
      current = caller;
      const reply = await fetch(`http://127.0.0.1:${port}${path}`);
      return { status: reply.status, headers: reply.headers, body: (await reply.json()) as never };
    },
    close: () => app.close(),
  };
}
