import { Controller, Get, Inject, Query, Req, Res } from '@nestjs/common';
import { type ServerResponse } from 'node:http';
import { Access, type Caller, DrainState, GATEWAY_VERSION, type GatewayRequest } from '@app/call';
import { DatabaseService, NotificationService } from '@app/database';
import { KeyAuthenticator } from '@app/keys';
import { Ledger } from '@app/spend';
import { deepHealthView, DeploymentProbes, narrowed } from './deployment-probes.js';
import { judgeReadiness } from './readiness.js';

const ALIVE = Buffer.from(JSON.stringify({ status: 'healthy' }));
const HEALTHY = Buffer.from(JSON.stringify({ status: 'healthy', litellm_version: GATEWAY_VERSION }));

/** For probes: answers from memory; only an administrator's `/health` asks the upstreams. */
@Controller('health')
export class HealthController {
  constructor(
    private readonly draining: DrainState,
    private readonly database: DatabaseService,
    private readonly notifications: NotificationService,
    private readonly ledger: Ledger,
  ) {}

  @Inject(KeyAuthenticator)
  private readonly keys!: KeyAuthenticator;
  @Inject(DeploymentProbes)
  private readonly probes!: DeploymentProbes;
  /** Once true it stays: a database that goes away later is another matter. */
  #booted = false;

  @Get()
  @Access('public')
  async health(
    @Req() req: GatewayRequest,
    @Res() res: ServerResponse,
    @Query() query: Readonly<Record<string, unknown>>,
  ): Promise<void> {
    if (!seesDeployments(req.caller)) {
      send(res, 200, HEALTHY);
      return;
    }
    const health = narrowed(await this.probes.check(), textIn(query['model']), textIn(query['model_id']));
    const body = { status: 'healthy', litellm_version: GATEWAY_VERSION, ...deepHealthView(health) };
    send(res, 200, Buffer.from(JSON.stringify(body)));
  }

  /** The process turns; nothing else may decide about its life. */
  @Get(['liveliness', 'liveness'])
  @Access('public')
  alive(@Res() res: ServerResponse): void {
    send(res, 200, ALIVE);
  }

  @Get('readiness')
  @Access('public')
  readiness(@Res() res: ServerResponse): void {
    const databaseReachable = this.notifications.listening;
    this.#booted ||= this.database.ready && this.keys.canLookUp;
    const { ready, reasons } = judgeReadiness({
      draining: this.draining.draining,
      booted: this.#booted,
      databaseReachable,
      accounting: this.ledger.stats().mode,
    });
    const body = {
      status: ready ? 'connected' : 'unavailable',
      db: databaseReachable ? 'connected' : 'degraded',
      litellm_version: GATEWAY_VERSION,
      ...(reasons.length > 0 && { reasons }),
    };
    send(res, ready ? 200 : 503, Buffer.from(JSON.stringify(body)));
  }
}

const seesDeployments = (caller: Caller | undefined): boolean =>
  caller?.kind === 'master' || caller?.role === 'proxy_admin' || caller?.role === 'proxy_admin_viewer';

const textIn = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null);

function send(res: ServerResponse, status: number, body: Buffer): void {
  res.writeHead(status, {
    'content-type': 'application/json',
    'content-length': body.length,
    'cache-control': 'no-store',
  });
  res.end(body);
}
