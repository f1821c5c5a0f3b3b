import { Controller, Get, Post, Req, Res } from '@nestjs/common';
import { type ServerResponse } from 'node:http';
import { Access, type Call, type GatewayRequest, type JsonObject, parseJsonBody, readJson } from '@app/call';
import { DoorRequests, PipelineService } from '@app/pipeline';
import { UpstreamClient } from '@app/upstream';
import { audioRoutes } from './audio-routes.js';
import { readSpeechCall } from './read-speech-call.js';
import { SpeechWire } from './speech-wire.js';
import { VoiceLists } from './voice-lists.js';

/** The door for what is spoken, and for the menus that choose a voice. */
@Controller()
export class SpeechController {
  readonly #wire: SpeechWire;

  constructor(
    private readonly pipeline: PipelineService,
    private readonly requests: DoorRequests,
    private readonly voiceLists: VoiceLists,
    upstream: UpstreamClient,
  ) {
    this.#wire = new SpeechWire(upstream);
  }

  @Post(audioRoutes('speech'))
  @Access('inference')
  async speak(@Req() req: GatewayRequest, @Res() res: ServerResponse): Promise<void> {
    const options = this.requests.factsOf(req, res);
    const body = await readJson(req, this.requests.maxRequestBytes);
    await this.pipeline.run(readSpeechCall(req, body, options), res, this.#wire);
  }

  /** Speaks what has been read already. */
  async say(req: GatewayRequest, res: ServerResponse, request: JsonObject): Promise<void> {
    const body = parseJsonBody(Buffer.from(JSON.stringify(request)));
    const call = readSpeechCall(req, body, this.requests.factsOf(req, res));
    await this.pipeline.run(call, res, this.#wire);
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
    const options = this.requests.factsOf(req, res);
    return (model) =>
      readSpeechCall(req, parseJsonBody(Buffer.from(JSON.stringify({ model, input: '-' }))), options);
  }
}

function answer(res: ServerResponse, value: object): void {
  const json = Buffer.from(JSON.stringify(value));
  res.writeHead(200, { 'content-type': 'application/json', 'content-length': json.length });
  res.end(json);
}
