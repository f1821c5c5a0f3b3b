import { Injectable } from '@nestjs/common';
import { type ServerResponse } from 'node:http';
import { type Call, type GatewayRequest, type JsonBody, readJson } from '@app/call';
import { ConfigStore } from '@app/config';
import { DoorRequests } from '@app/pipeline';
import { type CallKind } from './call-kinds.js';
import { readChatCall, type ReadOptions } from './read-chat-call.js';

/** Reads the requests of this door. */
@Injectable()
export class TextRequests {
  constructor(
    private readonly requests: DoorRequests,
    private readonly config: ConfigStore,
  ) {}

  get maxRequestBytes(): number {
    return this.requests.maxRequestBytes;
  }

  /**
   * Follows the client from here on.
   * @throws GatewayError for what cannot be read
   */
  async read(kind: CallKind, req: GatewayRequest, res: ServerResponse): Promise<Call> {
    const options = this.optionsOf(kind, req, res);
    return this.callOf(req, await readJson(req, this.maxRequestBytes), options);
  }

  /** What is known before the body; follows the client from here on. */
  optionsOf(kind: CallKind, req: GatewayRequest, res: ServerResponse): ReadOptions {
    const { alwaysIncludeStreamUsage } = this.config.current.general;
    return { kind, alwaysShowsUsage: alwaysIncludeStreamUsage, ...this.requests.factsOf(req, res) };
  }

  /** @throws BadRequestError naming the field */
  callOf(req: GatewayRequest, body: JsonBody, options: ReadOptions): Call {
    const { dropParams } = this.config.current.litellm;
    return readChatCall(req, dropParams ? dropping(body) : body, options);
  }
}

/** As if the request had said so itself: the field is for us, and its bytes stay as they are. */
const dropping = (body: JsonBody): JsonBody => ({
  ...body,
  object: { drop_params: true, ...body.object },
});
