import { Injectable, type NestMiddleware } from '@nestjs/common';
import { type ServerResponse } from 'node:http';
import { type GatewayRequest } from '@app/call';
import { PassthroughGate } from './passthrough-gate.js';
import { PassthroughService } from './passthrough.service.js';

/** Stands before every route: an endpoint may take a path that is served here otherwise. */
@Injectable()
export class PassthroughMiddleware implements NestMiddleware<GatewayRequest, ServerResponse> {
  constructor(
    private readonly gate: PassthroughGate,
    private readonly passthrough: PassthroughService,
  ) {}

  use(req: GatewayRequest, res: ServerResponse, next: () => void): void | Promise<void> {
    // `url` lacks what this middleware is mounted at, which is everything.
    const endpoint = this.gate.endpointFor(pathOf(req.originalUrl));
    if (!endpoint) {
      next();
      return;
    }
    return this.passthrough.serve(endpoint, req, res);
  }
}

function pathOf(url: string): string {
  const at = url.indexOf('?');
  return at < 0 ? url : url.slice(0, at);
}
