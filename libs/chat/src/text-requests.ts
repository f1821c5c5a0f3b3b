import { Injectable } from '@nestjs/common';
import { type ServerResponse } from 'node:http';
import {
  type Call,
  ClientAddresses,
  type GatewayRequest,
  type JsonBody,
  LiveCalls,
  readJson,
} from '@app/call';
import { ConfigStore } from '@app/config';
import { type CallKind } from './call-kinds.js';
import { readChatCall, type ReadOptions } from './read-chat-call.js';

/** Reads the requests of this door. */
@Injectable()
export class TextRequests {
  #addresses: ClientAddresses;

  constructor(
    private readonly calls: LiveCalls,
    private readonly config: ConfigStore,
  ) {
    this.#addresses = new ClientAddresses(config.current.general.trustedProxies);
    config.onChange((next) => (this.#addresses = new ClientAddresses(next.general.trustedProxies)));
  }

  get maxRequestBytes(): number {
    return this.config.current.general.maxRequestBytes;
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
    const { allowMockRequests, alwaysIncludeStreamUsage, userHeaderName } = this.config.current.general;
    return {
      kind,
      pathModel: pathModel(req),
      allowMockRequests,
      alwaysShowsUsage: alwaysIncludeStreamUsage,
      userHeaderName,
      clientAddress: this.#addresses.of(req),
      signal: this.calls.follow(res),
    };
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

/** Names with slashes arrive as several path segments. */
function pathModel(req: GatewayRequest): string | null {
  const model: string | string[] | undefined = req.params['model'];
  if (model === undefined) return null;
  return Array.isArray(model) ? model.join('/') : model;
}
