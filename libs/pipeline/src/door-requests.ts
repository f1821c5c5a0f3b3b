import { Injectable } from '@nestjs/common';
import { type ServerResponse } from 'node:http';
import { ClientAddresses, type GatewayRequest, LiveCalls } from '@app/call';
import { ConfigStore } from '@app/config';

/** What is known of a request before its body. */
export interface RequestFacts {
  /** From the path, which wins over the body; null where the path names none. */
  readonly pathModel: string | null;
  readonly allowMockRequests: boolean;
  readonly userHeaderName: string | null;
  readonly clientAddress: string;
  /** Aborts when the client leaves. */
  readonly signal: AbortSignal;
}

/** Meets the requests of the doors for inference. */
@Injectable()
export class DoorRequests {
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

  /** Follows the client from here on. */
  factsOf(req: GatewayRequest, res: ServerResponse): RequestFacts {
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
