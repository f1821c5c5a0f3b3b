import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { isJsonObject, type JsonObject, type JsonValue } from '@app/call';
import { UpstreamClient } from '@app/upstream';
import { type PlannedDeployment } from './compile-models.js';
import { RoutingService } from './routing.service.js';

const EVERY_MS = 30_000;
const TIMEOUT_MS = 5_000;
const MAX_MODELS = 2_000;

/** A model that a backend lists, as the backend describes it. */
export interface DiscoveredModel {
  readonly id: string;
  readonly details: JsonObject;
}

/**
 * Knows the models behind wildcards: asks their backends in the background, at the start and every 30 s. The last
 * good list stays when a backend does not answer; asking never loads a model.
 */
@Injectable()
export class ModelDiscovery implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #logger = new Logger(ModelDiscovery.name);
  readonly #byBase = new Map<string, readonly DiscoveredModel[]>();
  readonly #silent = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #first: Promise<void> = Promise.resolve();
  /** Grows whenever a list changes. */
  version = 0;

  constructor(
    private readonly routing: RoutingService,
    private readonly upstream: UpstreamClient,
  ) {}

  onApplicationBootstrap(): void {
    this.#first = this.#round();
    this.#timer = setInterval(() => void this.#round(), EVERY_MS);
    this.#timer.unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.#timer);
  }

  /** Resolves after the first round, whether backends answered or not. */
  whenDiscovered(): Promise<void> {
    return this.#first;
  }

  /** The models of one backend, in its order; empty until it has answered once. */
  modelsAt({ origin, basePath }: Pick<PlannedDeployment, 'origin' | 'basePath'>): readonly DiscoveredModel[] {
    return this.#byBase.get(origin + basePath) ?? [];
  }

  async #round(): Promise<void> {
    const bases = new Map<string, PlannedDeployment>();
    for (const { deployments } of this.routing.table.wildcards) {
      for (const deployment of deployments) bases.set(deployment.origin + deployment.basePath, deployment);
    }
    await Promise.all([...bases].map(([base, deployment]) => this.#ask(base, deployment)));
  }

  async #ask(base: string, deployment: PlannedDeployment): Promise<void> {
    try {
      const models = readModels(
        await this.upstream.getJson(deployment, '/models', { timeoutMs: TIMEOUT_MS }),
      );
      const known = this.#byBase.get(base);
      this.#silent.delete(base);
      if (known?.map(({ id }) => id).join('\n') !== models.map(({ id }) => id).join('\n')) this.version++;
      this.#byBase.set(base, models);
    } catch (error) {
      if (this.#silent.has(base)) return;
      this.#silent.add(base);
      const reason = error instanceof Error ? error.message : String(error);
      this.#logger.warn(
        `${base} does not list its models: ${reason} Its last list stays; asked again every 30 s.`,
      );
    }
  }
}

function readModels(answer: JsonValue): readonly DiscoveredModel[] {
  const data = isJsonObject(answer) ? answer['data'] : null;
  if (!Array.isArray(data)) throw new Error('the answer is no list.');
  return data.slice(0, MAX_MODELS).flatMap((details) => {
    const id = isJsonObject(details) ? details['id'] : null;
    return isJsonObject(details) && typeof id === 'string' && id !== '' && id.length <= 256
      ? [{ id, details }]
      : [];
  });
}
