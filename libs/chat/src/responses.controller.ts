import { Controller, Delete, Get, Param, Post, Req, Res } from '@nestjs/common';
import { type ServerResponse } from 'node:http';
import { Access, BadRequestError, type GatewayRequest } from '@app/call';
import { PipelineService, protocolWire } from '@app/pipeline';
import { SearchLoop } from '@app/search';
import { RESPONSES_PROTOCOL } from '@app/upstream';
import { COMPACTION, RESPONSES } from './call-kinds.js';
import { KeptResponses } from './kept-responses.js';
import { TextRequests } from './text-requests.js';

const WIRE = protocolWire(RESPONSES_PROTOCOL);

const routes = (path = ''): string[] =>
  ['v1/responses', 'responses', 'openai/v1/responses'].map((base) => base + path);

/** The door for OpenAI's responses. */
@Controller()
export class ResponsesController {
  constructor(
    private readonly requests: TextRequests,
    private readonly searches: SearchLoop,
    private readonly pipeline: PipelineService,
    private readonly kept: KeptResponses,
  ) {}

  @Post(routes())
  @Access('inference')
  async respond(@Req() req: GatewayRequest, @Res() res: ServerResponse): Promise<void> {
    const call = await this.requests.read(RESPONSES, req, res);
    if (call.body.object['background'] === true) {
      throw new BadRequestError(
        '`background` is not supported: what is made after the answer cannot be charged.',
        'background',
      );
    }
    await this.searches.answer(await this.kept.followed(call), { client: res, wire: WIRE });
  }

  @Post(routes('/compact'))
  @Access('inference')
  async compact(@Req() req: GatewayRequest, @Res() res: ServerResponse): Promise<void> {
    const call = await this.requests.read(COMPACTION, req, res);
    await this.pipeline.run(await this.kept.followed(call), res, WIRE);
  }

  @Get(routes('/:id'))
  @Access('inference')
  show(@Req() req: GatewayRequest, @Res() res: ServerResponse, @Param('id') id: string): Promise<void> {
    return this.kept.ask({ req, res, id }, { type: 'aget_responses', method: 'GET', below: '' });
  }

  @Get(routes('/:id/input_items'))
  @Access('inference')
  list(@Req() req: GatewayRequest, @Res() res: ServerResponse, @Param('id') id: string): Promise<void> {
    return this.kept.ask(
      { req, res, id },
      { type: 'alist_input_items', method: 'GET', below: '/input_items' },
    );
  }

  @Delete(routes('/:id'))
  @Access('inference')
  remove(@Req() req: GatewayRequest, @Res() res: ServerResponse, @Param('id') id: string): Promise<void> {
    return this.kept.ask({ req, res, id }, { type: 'adelete_responses', method: 'DELETE', below: '' });
  }

  @Post(routes('/:id/cancel'))
  @Access('inference')
  cancel(@Req() req: GatewayRequest, @Res() res: ServerResponse, @Param('id') id: string): Promise<void> {
    return this.kept.ask({ req, res, id }, { type: 'acancel_responses', method: 'POST', below: '/cancel' });
  }
}
