import { Controller, HttpCode, Post, Req, Res } from '@nestjs/common';
import { type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import { Access, type GatewayRequest } from '@app/call';
import { PipelineService, protocolWire } from '@app/pipeline';
import { SearchLoop } from '@app/search';
import { COUNT_PROTOCOL, MESSAGES_PROTOCOL } from '@app/upstream';
import { MESSAGES, TOKEN_COUNT } from './call-kinds.js';
import { TextRequests } from './text-requests.js';

/** What a client says of the version that it speaks; no other header of its goes on. */
const HEADERS = ['anthropic-version', 'anthropic-beta'] as const;
const PLAIN = /^[\w.,: -]{1,1000}$/;

/** The door for Anthropic's protocol. */
@Controller()
export class MessagesController {
  constructor(
    private readonly requests: TextRequests,
    private readonly pipeline: PipelineService,
    private readonly searches: SearchLoop,
  ) {}

  @Post('v1/messages')
  @Access('inference')
  async message(@Req() req: GatewayRequest, @Res() res: ServerResponse): Promise<void> {
    const call = await this.requests.read(MESSAGES, req, res);
    const extras = versionOf(req.headers);
    await this.searches.answer(call, { client: res, wire: protocolWire(MESSAGES_PROTOCOL, extras), extras });
  }

  @Post('v1/messages/count_tokens')
  @Access('inference')
  async count(@Req() req: GatewayRequest, @Res() res: ServerResponse): Promise<void> {
    const call = await this.requests.read(TOKEN_COUNT, req, res);
    await this.pipeline.run(call, res, protocolWire(COUNT_PROTOCOL, versionOf(req.headers)));
  }

  /** Where Claude Code sends its telemetry; nobody here wants it. */
  @Post('api/event_logging/batch')
  @HttpCode(200)
  @Access('inference')
  forget(@Req() req: GatewayRequest): { readonly status: 'ok' } {
    req.resume();
    return { status: 'ok' };
  }
}

function versionOf(headers: IncomingHttpHeaders): { readonly headers: Readonly<Record<string, string>> } {
  const version: Record<string, string> = {};
  for (const name of HEADERS) {
    const value = headers[name];
    if (typeof value === 'string' && PLAIN.test(value)) version[name] = value;
  }
  return { headers: version };
}
