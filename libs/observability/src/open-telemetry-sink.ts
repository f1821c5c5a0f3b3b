import { type BeforeApplicationShutdown, Injectable } from '@nestjs/common';
import { type Outcome, type OutcomeSink } from '@app/call';
import { ConfigStore, type OpenTelemetrySettings } from '@app/config';
import { type Destination, UpstreamClient } from '@app/upstream';
import { TelemetryDeliveries } from './telemetry-deliveries.js';
import { Delivery } from './traces/delivery.js';
import { genAiSpans } from './traces/gen-ai-spans.js';
import { OtlpTransport } from './traces/otlp-transport.js';

const FLUSH_MS = 1_000;
const TIMEOUT_MS = 5_000;

/** Spans of each call by OTLP over HTTP, sent in the background; off without an endpoint, which is read at the start. */
@Injectable()
export class OpenTelemetrySink implements OutcomeSink, BeforeApplicationShutdown {
  readonly #delivery: Delivery | null;

  constructor(config: ConfigStore, upstream: UpstreamClient, deliveries: TelemetryDeliveries) {
    const settings = config.current.openTelemetry;
    this.#delivery =
      settings && deliveries.add(new Delivery('opentelemetry', transportTo(upstream, settings), FLUSH_MS));
  }

  accept(outcome: Outcome): void {
    this.#delivery?.accept(outcome);
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.#delivery?.end();
  }
}

function transportTo(upstream: UpstreamClient, settings: OpenTelemetrySettings): OtlpTransport {
  return new OtlpTransport({
    ...{ upstream, destination: destinationOf(settings), path: '/v1/traces' },
    ...{ serviceName: settings.serviceName, scope: 'llm-gateway', nodesOf: genAiSpans },
  });
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
