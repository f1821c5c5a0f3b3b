import { Injectable } from '@nestjs/common';
import { type Call, ClientAddresses, type JsonObject, LiveCalls, parseJsonBody, readCall } from '@app/call';
import { ConfigStore } from '@app/config';
import { type Visit } from './visitor.js';

const UPSTREAM_PATHS = { acompletion: '/chat/completions', aembedding: '/embeddings' } as const;

/** Calls that a page makes, as the one who is signed in; answered whole, for the page to show. */
@Injectable()
export class PageCalls {
  constructor(
    private readonly live: LiveCalls,
    private readonly config: ConfigStore,
  ) {}

  /** @param fields the body, as any client would send it; `stream` absent or false */
  make(
    { req, res }: Visit,
    type: keyof typeof UPSTREAM_PATHS,
    fields: JsonObject & { readonly model: string },
  ): Call {
    const body = parseJsonBody(Buffer.from(JSON.stringify(fields)));
    const known = {
      type,
      upstreamPath: UPSTREAM_PATHS[type],
      model: fields.model,
      body,
      bodyBytes: body.bytes.length,
      stream: false,
      wantsUsage: false,
      clientAddress: new ClientAddresses(this.config.current.general.trustedProxies).of(req),
      signal: this.live.follow(res),
    };
    return readCall(req, known, null);
  }
}
