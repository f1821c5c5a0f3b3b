import { Controller, Post, Req, Res } from '@nestjs/common';
import { type ServerResponse } from 'node:http';
import { Access, type GatewayRequest } from '@app/call';
import { SearchLoop } from '@app/search';
import { type CallKind, CHAT, COMPLETION, EMBEDDING } from './call-kinds.js';
import { TextRequests } from './text-requests.js';

const routes = (path: string): string[] => [
  `v1/${path}`,
  path,
  `engines/*model/${path}`,
  `openai/deployments/*model/${path}`,
];

/** The door for text: chat completions, completions and embeddings. */
@Controller()
export class ChatController {
  constructor(
    private readonly requests: TextRequests,
    private readonly searches: SearchLoop,
  ) {}

  @Post(routes('chat/completions'))
  @Access('inference')
  chat(@Req() req: GatewayRequest, @Res() res: ServerResponse): Promise<void> {
    return this.#serve(CHAT, req, res);
  }

  @Post(routes('completions'))
  @Access('inference')
  completion(@Req() req: GatewayRequest, @Res() res: ServerResponse): Promise<void> {
    return this.#serve(COMPLETION, req, res);
  }

  @Post(routes('embeddings'))
  @Access('inference')
  embedding(@Req() req: GatewayRequest, @Res() res: ServerResponse): Promise<void> {
    return this.#serve(EMBEDDING, req, res);
  }

  async #serve(kind: CallKind, req: GatewayRequest, res: ServerResponse): Promise<void> {
    const call = await this.requests.read(kind, req, res);
    await this.searches.answer(call, { client: res });
  }
}
