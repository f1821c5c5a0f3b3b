import { type LangfuseSettings } from '@app/config';
import { isJsonObject, type JsonValue, type Outcome } from '@app/call';
import { type Destination, type UpstreamClient } from '@app/upstream';
import { type SendResult, type TraceTransport } from './delivery.js';
import { describeTrace } from './describe-trace.js';
import { sendFailure } from './send-failure.js';
import { type TracePolicy } from './trace-policy.js';

/** The first server that reads everything that the spans say. */
const SPANS_SINCE = [3, 95] as const;
const OTEL_PATH = '/api/public/otel/v1/traces';
const TIMEOUT_MS = 5_000;

interface Prepared {
  readonly outcome: Outcome;
  /** Null until the server has told its version. */
  readonly by: TraceTransport | null;
  readonly trace: unknown;
}

/**
 * Speaks the protocol that the server understands, as its version tells. Nothing of either protocol is loaded
 * before the first trace.
 */
export class LangfuseTransport implements TraceTransport<Prepared> {
  readonly #destination: Destination;
  #chosen: TraceTransport | null = null;

  constructor(
    private readonly upstream: UpstreamClient,
    private readonly settings: LangfuseSettings,
    private readonly policyOf: () => TracePolicy,
  ) {
    this.#destination = destinationOf(settings);
  }

  async prepare(outcome: Outcome): Promise<Prepared> {
    return { outcome, by: this.#chosen, trace: await this.#chosen?.prepare(outcome) };
  }

  async send(batch: Prepared[]): Promise<SendResult> {
    try {
      this.#chosen ??= await this.#choose();
    } catch (error) {
      const { cause } = { cause: 'it does not say its version', ...sendFailure(error) };
      return { kind: 'later', afterMs: null, cause };
    }
    const chosen = this.#chosen;
    for (const [at, { outcome, by }] of batch.entries()) {
      if (by !== chosen) batch[at] = { outcome, by: chosen, trace: await chosen.prepare(outcome) };
    }
    const result = await chosen.send(batch.map(({ trace }) => trace));
    const refused = result.kind === 'taken' ? result.refused : result.kind === 'refused' ? batch.length : 0;
    // A server that was replaced by another version: it is asked again.
    if (refused === batch.length && this.settings.transport === 'auto') this.#chosen = null;
    return result;
  }

  async #choose(): Promise<TraceTransport> {
    const { transport } = this.settings;
    const isNew = transport === 'auto' ? await this.#readsSpans() : transport === 'otel';
    return isNew ? this.#otel() : this.#legacy();
  }

  async #readsSpans(): Promise<boolean> {
    const health = await askHealth(this.upstream, this.settings);
    const version = isJsonObject(health) && typeof health['version'] === 'string' ? health['version'] : '';
    const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number);
    return major > SPANS_SINCE[0] || (major === SPANS_SINCE[0] && minor >= SPANS_SINCE[1]);
  }

  async #otel(): Promise<TraceTransport> {
    const [{ OtlpTransport }, { langfuseSpans }] = await Promise.all([
      import('./otlp-transport.js'),
      import('./langfuse-spans.js'),
    ]);
    return new OtlpTransport({
      ...{ upstream: this.upstream, destination: this.#destination, path: OTEL_PATH },
      ...{ serviceName: 'llm-gateway', scope: 'langfuse-sdk' },
      nodesOf: (outcome) =>
        langfuseSpans(outcome, describeTrace(outcome, this.policyOf()), this.settings.environment),
    });
  }

  async #legacy(): Promise<TraceTransport> {
    const { LegacyTransport } = await import('./legacy-transport.js');
    const { publicKey, host: baseUrl, environment } = this.settings;
    return new LegacyTransport({
      ...{ upstream: this.upstream, destination: this.#destination, publicKey, baseUrl, environment },
      describe: (outcome) => describeTrace(outcome, this.policyOf()),
    });
  }
}

/** What the server says of itself: its version among it. @throws UpstreamError */
export const askHealth = (upstream: UpstreamClient, settings: LangfuseSettings): Promise<JsonValue> =>
  upstream.getJson(destinationOf(settings), '/api/public/health', { timeoutMs: TIMEOUT_MS });

function destinationOf({ host, publicKey, secretKey }: LangfuseSettings): Destination {
  const { origin, pathname } = new URL(host);
  const credentials = Buffer.from(`${publicKey}:${secretKey.reveal()}`).toString('base64');
  return {
    origin,
    basePath: pathname.replace(/\/+$/, ''),
    apiKey: null,
    extraHeaders: { authorization: `Basic ${credentials}`, 'x-langfuse-public-key': publicKey },
    timeouts: { connectMs: TIMEOUT_MS, firstByteMs: TIMEOUT_MS, idleMs: TIMEOUT_MS, totalMs: TIMEOUT_MS },
  };
}
