import { Controller, Post, Req, Res } from '@nestjs/common';
import { type ServerResponse } from 'node:http';
import { Access, BadRequestError, type GatewayRequest } from '@app/call';
import { protocolWire } from '@app/pipeline';
import { SearchLoop } from '@app/search';
import { RESPONSES_PROTOCOL } from '@app/upstream';
import { RESPONSES } from './call-kinds.js';
import { TextRequests } from './text-requests.js';

const WIRE = protocolWire(RESPONSES_PROTOCOL);

/** The door for OpenAI's responses. */
@Controller()
export class ResponsesController {
  constructor(
    private readonly requests: TextRequests,
    private readonly searches: SearchLoop,
  ) {}

  @Post(['v1/responses', 'responses', 'openai/v1/responses'])
  @Access('inference')
  async respond(@Req() req: GatewayRequest, @Res() res: ServerResponse): Promise<void> {
    const call = await this.requests.read(RESPONSES, req, res);
    if (call.body.object['background'] === true) {
      throw new BadRequestError(
        '`background` is not supported: what is made after the answer cannot be charged.',
        'background',
      );
    }
    await this.searches.answer(call, { client: res, wire: WIRE });
  }
}
