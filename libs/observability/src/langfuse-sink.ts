import { type BeforeApplicationShutdown, Injectable } from '@nestjs/common';
import { type Call, GatewayError, isJsonObject, type Outcome, type OutcomeSink } from '@app/call';
import { type AppConfig, ConfigStore, type LangfuseSettings } from '@app/config';
import { UpstreamClient } from '@app/upstream';
import { TelemetryDeliveries } from './telemetry-deliveries.js';
import { Delivery } from './traces/delivery.js';
import { askHealth, LangfuseTransport } from './traces/langfuse-transport.js';
import { isTraced, showsAnswer, type TracePolicy } from './traces/trace-policy.js';

/** `counts` are of the traces of this process. */
export interface LangfuseCheck {
  readonly isReachable: boolean;
  readonly message: string;
  readonly counts: Readonly<Record<string, number>> | null;
}

/** A trace in Langfuse for each request, sent in the background; off without its keys. */
@Injectable()
export class LangfuseSink implements OutcomeSink, BeforeApplicationShutdown {
  #policy: TracePolicy;
  #settings: LangfuseSettings | null;
  #delivery: Delivery | null;

  constructor(
    config: ConfigStore,
    private readonly upstream: UpstreamClient,
    private readonly deliveries: TelemetryDeliveries,
  ) {
    this.#policy = policyOf(config.current);
    this.#settings = config.current.langfuse;
    this.#delivery = this.#deliveryFor(this.#settings);
    config.onChange((next) => this.#reload(next));
  }

  wantsAnswer(call: Call): boolean {
    return this.#delivery !== null && showsAnswer(call, this.#policy);
  }

  accept(outcome: Outcome): void {
    if (this.#delivery !== null && isTraced(outcome, this.#policy)) this.#delivery.accept(outcome);
  }

  /** Asks Langfuse whether it is there; sends nothing. */
  async check(): Promise<LangfuseCheck> {
    const settings = this.#settings;
    const delivery = this.#delivery;
    if (!settings || !delivery)
      return { isReachable: false, message: 'Langfuse is not configured.', counts: null };
    const { counts } = delivery.queue;
    try {
      const health = await askHealth(this.upstream, settings);
      const version =
        isJsonObject(health) && typeof health['version'] === 'string' ? health['version'] : 'unknown';
      return { isReachable: true, message: `Langfuse answers, version ${version}.`, counts };
    } catch (error) {
      const said = error instanceof GatewayError ? `status ${error.status}` : 'a failure';
      return { isReachable: false, message: `Langfuse does not answer: ${said}.`, counts };
    }
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.#delivery?.end();
  }

  #reload(next: AppConfig): void {
    this.#policy = policyOf(next);
    if (isSame(this.#settings, next.langfuse)) return;
    void this.#delivery?.end();
    this.#settings = next.langfuse;
    this.#delivery = this.#deliveryFor(next.langfuse);
  }

  #deliveryFor(settings: LangfuseSettings | null): Delivery | null {
    if (!settings) return null;
    const transport = new LangfuseTransport(this.upstream, settings, () => this.#policy);
    return this.deliveries.add(new Delivery('langfuse', transport, settings.flushIntervalMs));
  }
}

function policyOf({ litellm, langfuse }: AppConfig): TracePolicy {
  const names = (list: readonly string[]): boolean => list.some((name) => name.startsWith('langfuse'));
  const always = names(litellm.callbacks);
  return {
    defaultTags: litellm.langfuseDefaultTags,
    release: langfuse?.release ?? null,
    redacts: litellm.turnOffMessageLogging,
    sendsSuccesses: always || names(litellm.successCallbacks),
    sendsFailures: always || names(litellm.failureCallbacks),
  };
}

function isSame(a: LangfuseSettings | null, b: LangfuseSettings | null): boolean {
  if (!a || !b) return a === b;
  const plain = (settings: LangfuseSettings): string =>
    JSON.stringify({ ...settings, secretKey: settings.secretKey.reveal() });
  return plain(a) === plain(b);
}
