import {
  context,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
  TraceFlags,
} from '@opentelemetry/api';
import {
  BasicTracerProvider,
  type ReadableSpan,
  SimpleSpanProcessor,
  type SpanExporter,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { GATEWAY_VERSION } from '@app/call';
import { type SpanNode } from './span-nodes.js';

const KINDS = { server: SpanKind.SERVER, client: SpanKind.CLIENT, internal: SpanKind.INTERNAL } as const;

/** Keeps ended spans until they are fetched. */
export class SpanCollector implements SpanExporter {
  #spans: ReadableSpan[] = [];

  export(spans: ReadableSpan[], done: (result: { code: number }) => void): void {
    this.#spans.push(...spans);
    done({ code: 0 });
  }

  fetch(): ReadableSpan[] {
    const spans = this.#spans;
    this.#spans = [];
    return spans;
  }

  shutdown(): Promise<void> {
    return Promise.resolve();
  }
}

export interface RecorderOptions {
  readonly serviceName: string;
  readonly resource?: Readonly<Record<string, string>>;
  /** Name of the instrumentation, by which receivers sort. */
  readonly scope: string;
  /** Between the end of a span and the collector; hands over at once unless told. */
  readonly processor?: (collector: SpanCollector) => SpanProcessor;
}

/** Makes real spans of nodes, with the ids and times that they name, apart from any global tracing. */
export class SpanRecorder {
  readonly #collector = new SpanCollector();
  readonly #processor: SpanProcessor;
  readonly #tracer;
  #next = { traceId: '', spanId: '' };

  constructor({ serviceName, scope, resource = {}, processor }: RecorderOptions) {
    this.#processor = processor?.(this.#collector) ?? new SimpleSpanProcessor(this.#collector);
    const provider = new BasicTracerProvider({
      resource: resourceFromAttributes({
        'service.name': serviceName,
        'service.version': GATEWAY_VERSION,
        ...resource,
      }),
      spanProcessors: [this.#processor],
      idGenerator: {
        generateTraceId: () => this.#next.traceId,
        generateSpanId: () => this.#next.spanId,
      },
    });
    this.#tracer = provider.getTracer(scope, GATEWAY_VERSION);
  }

  async record(nodes: readonly SpanNode[]): Promise<ReadableSpan[]> {
    for (const node of nodes) this.#start(node).end(node.endMs);
    await this.#processor.forceFlush();
    return this.#collector.fetch();
  }

  #start(node: SpanNode): Span {
    this.#next = node;
    const { traceId, parentId } = node;
    const above = { traceId, spanId: parentId ?? '', traceFlags: TraceFlags.SAMPLED, isRemote: true };
    const span = this.#tracer.startSpan(
      node.name,
      { kind: KINDS[node.kind], startTime: node.startMs, attributes: node.attributes },
      parentId === null ? ROOT_CONTEXT : trace.setSpanContext(context.active(), above),
    );
    if (node.error !== null)
      span.setStatus({ code: SpanStatusCode.ERROR, message: node.error.slice(0, 1_000) });
    return span;
  }
}
