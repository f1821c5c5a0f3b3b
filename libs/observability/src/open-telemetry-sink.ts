import { type BeforeApplicationShutdown, Injectable } from '@nestjs/common';
import { type Outcome, type OutcomeSink } from '@app/call';
import { ConfigStore, type OpenTelemetrySettings } from '@app/config';
import { type Destination, UpstreamClient } from '@app/upstream';
import { TelemetryDeliveries } from './telemetry-deliveries.js';
import { Delivery, type SendResult, type TraceTransport } from './traces/delivery.js';

const FLUSH_MS = 1_000;
const TIMEOUT_MS = 5_000;

/** Spans of each call by OTLP over HTTP, sent in the background; off without an endpoint, which is read at the start. */
@Injectable()
export class OpenTelemetrySink implements OutcomeSink, BeforeApplicationShutdown {
  readonly #delivery: Delivery | null;

  constructor(config: ConfigStore, upstream: UpstreamClient, deliveries: TelemetryDeliveries) {
    const settings = config.current.openTelemetry;
    this.#delivery =
      settings &&
      deliveries.add(new Delivery('opentelemetry', new LazyTransport(upstream, settings), FLUSH_MS));
  }

  accept(outcome: Outcome): void {
    this.#delivery?.accept(outcome);
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.#delivery?.end();
  }
}

/** The SDK is loaded with the first span, not with the process. */
class LazyTransport implements TraceTransport {
  #loaded: Promise<TraceTransport> | null = null;

  constructor(
    private readonly upstream: UpstreamClient,
    private readonly settings: OpenTelemetrySettings,
  ) {}

  async prepare(outcome: Outcome): Promise<unknown> {
    return (await this.#transport()).prepare(outcome);
  }

  async send(batch: readonly unknown[]): Promise<SendResult> {
    return (await this.#transport()).send(batch);
  }

  #transport(): Promise<TraceTransport> {
    return (this.#loaded ??= this.#load());
  }

  async #load(): Promise<TraceTransport> {
    const [{ OtlpTransport }, { SpanRecorder }, { genAiSpans }] = await Promise.all([
      import('./traces/otlp-transport.js'),
      import('./traces/span-recorder.js'),
      import('./traces/gen-ai-spans.js'),
    ]);
    const { serviceName } = this.settings;
    const transport = new OtlpTransport({
      upstream: this.upstream,
      destination: destinationOf(this.settings),
      path: '/v1/traces',
      recorder: new SpanRecorder({ serviceName, scope: 'llm-gateway' }),
      nodesOf: genAiSpans,
    });
    return transport;
  }
}

function destinationOf({ endpoint, headers }: OpenTelemetrySettings): Destination {
  const { origin, pathname } = new URL(endpoint);
  return {
    origin,
    basePath: pathname.replace(/\/+$/, ''),
    apiKey: null,
    extraHeaders: headersIn(headers?.reveal() ?? ''),
    timeouts: { connectMs: TIMEOUT_MS, firstByteMs: TIMEOUT_MS, idleMs: TIMEOUT_MS, totalMs: TIMEOUT_MS },
  };
}

/** `name=value,name=value`; values may be percent-encoded. */
function headersIn(text: string): Record<string, string> {
  const pairs = text.split(',').flatMap((pair) => {
    const at = pair.indexOf('=');
    return at < 1
      ? []
      : [[pair.slice(0, at).trim().toLowerCase(), decoded(pair.slice(at + 1).trim())] as const];
  });
  return Object.fromEntries(pairs);
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
