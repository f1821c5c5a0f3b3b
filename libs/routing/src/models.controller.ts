import { Controller, Get, Req, Res } from '@nestjs/common';
import { type ServerResponse } from 'node:http';
import { Access, CurrentCaller, type Caller, type GatewayRequest, NotFoundError } from '@app/call';
import { ModelLists } from './model-lists.js';

const MAX_NAME_LENGTH = 200;

/** The models that a caller may use. Where `public_routes` opens a path, somebody without a key sees all of them. */
@Controller()
export class ModelsController {
  constructor(private readonly lists: ModelLists) {}

  @Get(['v1/models', 'models'])
  @Access('inference')
  list(@CurrentCaller() caller: Caller, @Res() res: ServerResponse): void {
    answer(res, this.lists.listFor(caller));
  }

  /** Names with slashes arrive as several path segments. */
  @Get(['v1/models/*id', 'models/*id'])
  @Access('inference')
  show(@CurrentCaller() caller: Caller, @Req() req: GatewayRequest, @Res() res: ServerResponse): void {
    const segments: string | string[] | undefined = req.params['id'];
    const id = Array.isArray(segments) ? segments.join('/') : (segments ?? '');
    const model = this.lists.modelFor(caller, id);
    if (!model) {
      throw new NotFoundError(
        `The model '${id.slice(0, MAX_NAME_LENGTH)}' does not exist, or this key may not use it.`,
        'model',
      );
    }
    answer(res, model);
  }
}

function answer(res: ServerResponse, json: Buffer): void {
  res.writeHead(200, { 'content-type': 'application/json', 'content-length': json.length });
  res.end(json);
}
