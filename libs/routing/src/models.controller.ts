import { Controller, Get, Req, Res } from '@nestjs/common';
import { type ServerResponse } from 'node:http';
import { Access, type GatewayRequest, NotFoundError } from '@app/call';
import { ModelList } from './model-list.js';

@Controller()
export class ModelsController {
  constructor(private readonly models: ModelList) {}

  @Get(['v1/models', 'models'])
  @Access('inference')
  list(@Req() req: GatewayRequest, @Res() res: ServerResponse): void {
    send(res, this.models.bodyFor(req.caller));
  }

  /** Names with slashes come encoded or as several segments. */
  @Get(['v1/models/*model', 'models/*model'])
  @Access('inference')
  show(@Req() req: GatewayRequest, @Res() res: ServerResponse): void {
    const name: string | string[] | undefined = req.params['model'];
    const model = this.models.find(req.caller, Array.isArray(name) ? name.join('/') : String(name));
    if (!model) throw new NotFoundError('There is no such model for this key.', 'model');
    send(res, Buffer.from(JSON.stringify(model)));
  }
}

function send(res: ServerResponse, body: Buffer): void {
  res.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length });
  res.end(body);
}
