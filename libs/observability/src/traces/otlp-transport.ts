import { JsonTraceSerializer } from '@opentelemetry/otlp-transformer';
import { type ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { type Outcome } from '@app/call';
import { type Destination, postDocument, type UpstreamClient } from '@app/upstream';
import { type SendResult, type TraceTransport } from './delivery.js';
import { sendFailure } from './send-failure.js';
import { type SpanNode } from './span-nodes.js';
import { type SpanRecorder } from './span-recorder.js';

const TIMEOUT_MS = 5_000;

export interface OtlpOptions {
  readonly upstream: UpstreamClient;
  readonly destination: Destination;
  /** Below the destination's base path: `/v1/traces`. */
  readonly path: string;
  readonly recorder: SpanRecorder;
  readonly nodesOf: (outcome: Outcome) => SpanNode[];
}

/** Traces as OTLP over HTTP, in JSON. A batch is taken or refused as a whole. */
export class OtlpTransport implements TraceTransport<ReadableSpan[]> {
  constructor(private readonly options: OtlpOptions) {}

  prepare(outcome: Outcome): Promise<ReadableSpan[]> {
    return this.options.recorder.record(this.options.nodesOf(outcome));
  }

  async send(batch: readonly ReadableSpan[][]): Promise<SendResult> {
    const { upstream, destination, path } = this.options;
    const bytes = JsonTraceSerializer.serializeRequest(batch.flat());
    if (!bytes) return { kind: 'refused', cause: 'cannot be written as JSON' };
    try {
      await postDocument(upstream, destination, {
        path,
        body: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength),
        contentType: 'application/json',
        timeoutMs: TIMEOUT_MS,
      });
      return { kind: 'taken', refused: 0 };
    } catch (error) {
      return sendFailure(error);
    }
  }
}
