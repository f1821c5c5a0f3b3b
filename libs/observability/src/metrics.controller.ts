import { Controller, Get, Res } from '@nestjs/common';
import { RESPONSE_PASSTHROUGH_METADATA } from '@nestjs/common/constants.js';
import { PrometheusController } from '@willsoto/nestjs-prometheus';
import { type ServerResponse } from 'node:http';
import { Access, AuthenticationError, type GatewayRequest } from '@app/call';
import { ConfigStore } from '@app/config';
import { expositionFor } from './exposition.js';
import { Scrape } from './scrape.js';

/** Its path, `/metrics`, is given by the Prometheus module. */
@Controller()
export class MetricsController extends PrometheusController {
  constructor(
    private readonly config: ConfigStore,
    private readonly scrape: Scrape,
  ) {
    super();
  }

  /** Open, unless `require_auth_for_metrics_endpoint` is set; then any valid key may read. */
  @Get()
  @Access('public')
  override async index(@Res() response: ServerResponse<GatewayRequest>): Promise<string> {
    const { caller, headers } = response.req;
    if (this.config.current.litellm.requireAuthForMetrics && caller.kind === 'anonymous') {
      throw new AuthenticationError('Authentication Error, the metrics need a valid api key.');
    }
    const format = expositionFor(headers.accept);
    const text = await this.scrape.whole(format);
    // Written directly: Express would order the parameters of the type anew.
    response.writeHead(200, { 'content-type': format, 'content-length': Buffer.byteLength(text) });
    response.end(text);
    return text;
  }
}

// The overridden method lets Nest send what it returns; ours has sent it by then.
Reflect.defineMetadata(RESPONSE_PASSTHROUGH_METADATA, false, MetricsController, 'index');
