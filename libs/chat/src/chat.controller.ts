import { Controller, Post, Req, Res } from '@nestjs/common';
import { type ServerResponse } from 'node:http';
import { Access, ClientAddresses, type GatewayRequest, LiveCalls, readJson } from '@app/call';
import { ConfigStore } from '@app/config';
import { PipelineService } from '@app/pipeline';
import { SearchLoop } from '@app/search';
import { type CallKind, CHAT, COMPLETION, EMBEDDING } from './call-kinds.js';
import { readChatCall } from './read-chat-call.js';

const routes = (path: string): string[] => [
  `v1/${path}`,
  path,
  `engines/*model/${path}`,
  `openai/deployments/*model/${path}`,
];

/** The door for text: chat completions, completions and embeddings. */
@Controller()
export class ChatController {
  #addresses: ClientAddresses;

  constructor(
    private readonly pipeline: PipelineService,
    private readonly calls: LiveCalls,
    private readonly searches: SearchLoop,
    private readonly config: ConfigStore,
  ) {
    this.#addresses = new ClientAddresses(config.current.general.trustedProxies);
    config.onChange((next) => (this.#addresses = new ClientAddresses(next.general.trustedProxies)));
  }

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
    const { general } = this.config.current;
    const signal = this.calls.follow(res);
    const body = await readJson(req, general.maxRequestBytes);
    const call = readChatCall(req, body, {
      kind,
      pathModel: pathModel(req),
      allowMockRequests: general.allowMockRequests,
      userHeaderName: general.userHeaderName,
      clientAddress: this.#addresses.of(req),
      signal,
    });
    const offered = this.searches.offer(call);
    if (offered) await this.searches.run(call, res, offered);
    else await this.pipeline.run(call, res);
  }
}

/** Names with slashes arrive as several path segments. */
function pathModel(req: GatewayRequest): string | null {
  const model: string | string[] | undefined = req.params['model'];
  if (model === undefined) return null;
  return Array.isArray(model) ? model.join('/') : model;
}
