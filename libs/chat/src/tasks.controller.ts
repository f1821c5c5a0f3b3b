import { Controller, Post, Req, Res } from '@nestjs/common';
import { type ServerResponse } from 'node:http';
import { Access, type GatewayRequest, readJson } from '@app/call';
import { PipelineService, protocolWire, type Wire } from '@app/pipeline';
import { MODERATION_PROTOCOL, NATIVE_PROTOCOL, RERANK_PROTOCOL } from '@app/upstream';
import { type CallKind, INFILL, MODERATION, RERANK } from './call-kinds.js';
import { ModerationDefault } from './moderation-default.js';
import { TextRequests } from './text-requests.js';

const RERANK_WIRE = protocolWire(RERANK_PROTOCOL);
const MODERATION_WIRE = protocolWire(MODERATION_PROTOCOL);
const INFILL_WIRE = protocolWire(NATIVE_PROTOCOL, { isBesideVersion: true });

/** The door for what models do with a text besides talking. */
@Controller()
export class TasksController {
  constructor(
    private readonly requests: TextRequests,
    private readonly pipeline: PipelineService,
    private readonly moderation: ModerationDefault,
  ) {}

  @Post(['v1/rerank', 'rerank', 'v2/rerank'])
  @Access('inference')
  rerank(@Req() req: GatewayRequest, @Res() res: ServerResponse): Promise<void> {
    return this.#serve(RERANK, RERANK_WIRE, { req, res });
  }

  @Post(['v1/moderations', 'moderations'])
  @Access('inference')
  async moderate(@Req() req: GatewayRequest, @Res() res: ServerResponse): Promise<void> {
    const options = this.requests.optionsOf(MODERATION, req, res);
    const body = await readJson(req, this.requests.maxRequestBytes);
    const pathModel = (body.object['model'] ?? null) === null ? this.moderation.model : null;
    const call = this.requests.callOf(req, body, { ...options, pathModel });
    await this.pipeline.run(call, res, MODERATION_WIRE);
  }

  @Post('infill')
  @Access('inference')
  fill(@Req() req: GatewayRequest, @Res() res: ServerResponse): Promise<void> {
    return this.#serve(INFILL, INFILL_WIRE, { req, res });
  }

  async #serve(
    kind: CallKind,
    wire: Wire,
    { req, res }: { readonly req: GatewayRequest; readonly res: ServerResponse },
  ): Promise<void> {
    await this.pipeline.run(await this.requests.read(kind, req, res), res, wire);
  }
}
