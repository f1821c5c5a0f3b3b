import { Injectable } from '@nestjs/common';
import { type ServerResponse } from 'node:http';
import { type GatewayRequest } from '@app/call';
import { PassthroughGate } from './passthrough-gate.js';
import { PassthroughService } from './passthrough.service.js';

/** Stands before every route: an endpoint may take a path that is served here otherwise. */
@Injectable()
export class PassthroughMiddleware {
  constructor(
    private readonly gate: PassthroughGate,
    private readonly passthrough: PassthroughService,
  ) {}

  /** Whether an endpoint takes this path. */
  takes(path: string): boolean {
    return this.gate.endpointFor(path) !== null;
  }

  /** Express middleware, for every path. */
  readonly use = (req: GatewayRequest, res: ServerResponse, next: () => void): void | Promise<void> => {
    const endpoint = this.gate.endpointFor(pathOf(req.url));
    if (!endpoint) {
      next();
      return;
    }
    return this.passthrough.serve(endpoint, req, res);
  };
}

function pathOf(url: string): string {
  const at = url.indexOf('?');
  return at < 0 ? url : url.slice(0, at);
}
