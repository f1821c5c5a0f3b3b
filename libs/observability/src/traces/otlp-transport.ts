import { GATEWAY_VERSION, type Outcome } from '@app/call';
import { type Destination, postDocument, type UpstreamClient } from '@app/upstream';
import { type SendResult, type TraceTransport } from './delivery.js';
import { sendFailure } from './send-failure.js';
import { type SpanNode } from './span-nodes.js';
import { batchText, spanTexts } from './span-text.js';

const TIMEOUT_MS = 5_000;

export interface OtlpOptions {
  readonly upstream: UpstreamClient;
  readonly destination: Destination;
  /** Below the destination's base path: `/v1/traces`. */
  readonly path: string;
  readonly serviceName: string;
  /** Name of the instrumentation, by which receivers sort. */
  readonly scope: string;
  readonly nodesOf: (outcome: Outcome) => readonly SpanNode[];
}

/** Traces as OTLP over HTTP, in JSON. A batch is taken or refused as a whole. */
export class OtlpTransport implements TraceTransport<string> {
  constructor(private readonly options: OtlpOptions) {}

  prepare(outcome: Outcome): string {
    return spanTexts(this.options.nodesOf(outcome));
  }

  async send(batch: readonly string[]): Promise<SendResult> {
    const { upstream, destination, path, serviceName, scope } = this.options;
    const text = batchText(batch, {
      resource: { 'service.name': serviceName, 'service.version': GATEWAY_VERSION },
      scope: { name: scope, version: GATEWAY_VERSION },
    });
    try {
      await postDocument(upstream, destination, {
        ...{ path, body: Buffer.from(text), contentType: 'application/json', timeoutMs: TIMEOUT_MS },
      });
      return { kind: 'taken', refused: 0 };
    } catch (error) {
      return sendFailure(error);
    }
  }
}
