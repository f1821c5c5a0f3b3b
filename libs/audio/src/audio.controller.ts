import { Controller, Get, Post, Req, Res } from '@nestjs/common';
import { type ServerResponse } from 'node:http';
import {
  Access,
  type Call,
  ClientAddresses,
  type GatewayRequest,
  LiveCalls,
  parseJsonBody,
  readJson,
} from '@app/call';
import { ConfigStore } from '@app/config';
import { PipelineService } from '@app/pipeline';
import { type AudioReadOptions, readSpeechCall } from './read-speech-call.js';
import { SPEECH_WIRE } from './speech-wire.js';
import { VoiceLists } from './voice-lists.js';

const routes = (path: string): string[] => [
  `v1/audio/${path}`,
  `audio/${path}`,
  `engines/*model/audio/${path}`,
  `openai/deployments/*model/audio/${path}`,
];

/** The door for speech, spoken and heard. */
@Controller()
export class AudioController {
  #addresses: ClientAddresses;

  constructor(
    private readonly pipeline: PipelineService,
    private readonly calls: LiveCalls,
    private readonly config: ConfigStore,
    private readonly voiceLists: VoiceLists,
  ) {
    this.#addresses = new ClientAddresses(config.current.general.trustedProxies);
    config.onChange((next) => (this.#addresses = new ClientAddresses(next.general.trustedProxies)));
  }

  @Post(routes('speech'))
  @Access('inference')
  async speech(@Req() req: GatewayRequest, @Res() res: ServerResponse): Promise<void> {
    const options = this.#options(req, res);
    const body = await readJson(req, this.config.current.general.maxRequestBytes);
    await this.pipeline.run(readSpeechCall(req, body, options), res, SPEECH_WIRE);
  }

  @Get(['v1/audio/voices', 'audio/voices'])
  @Access('inference')
  voices(@Req() req: GatewayRequest, @Res() res: ServerResponse): void {
    answer(res, this.voiceLists.voicesFor(this.#callFor(req, res)));
  }

  @Get(['v1/audio/models', 'audio/models'])
  @Access('inference')
  models(@Req() req: GatewayRequest, @Res() res: ServerResponse): void {
    answer(res, this.voiceLists.modelsFor(this.#callFor(req, res)));
  }

  #callFor(req: GatewayRequest, res: ServerResponse): (model: string) => Call {
    const options = this.#options(req, res);
    return (model) =>
      readSpeechCall(req, parseJsonBody(Buffer.from(JSON.stringify({ model, input: '-' }))), options);
  }

  #options(req: GatewayRequest, res: ServerResponse): AudioReadOptions {
    const { allowMockRequests, userHeaderName } = this.config.current.general;
    return {
      pathModel: pathModel(req),
      allowMockRequests,
      userHeaderName,
      clientAddress: this.#addresses.of(req),
      signal: this.calls.follow(res),
    };
  }
}

/** Names with slashes arrive as several path segments. */
function pathModel(req: GatewayRequest): string | null {
  const model: string | string[] | undefined = req.params['model'];
  if (model === undefined) return null;
  return Array.isArray(model) ? model.join('/') : model;
}

function answer(res: ServerResponse, value: object): void {
  const json = Buffer.from(JSON.stringify(value));
  res.writeHead(200, { 'content-type': 'application/json', 'content-length': json.length });
  res.end(json);
}
