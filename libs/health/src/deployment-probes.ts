import { Inject, Injectable } from '@nestjs/common';
import { type Deployment, GatewayError, isJsonObject, type JsonObject, NotFoundError } from '@app/call';
import { RoutingService } from '@app/routing';
import { UpstreamClient } from '@app/upstream';

const KEPT_MS = 60_000;
const TIMEOUT_MS = 5_000;
const HISTORY = 100;

/** What asking every deployment came to. */
export interface DeepHealth {
  readonly checkedAt: Date;
  readonly healthy: readonly JsonObject[];
  readonly unhealthy: readonly JsonObject[];
}

interface ProbedUpstream {
  /** Null where it answered. */
  readonly error: string | null;
  /** Null where it does not tell its models. */
  readonly models: ReadonlySet<string> | null;
  readonly tookMs: number;
}

/** Which deployments could answer now, by asking each upstream for its models: that loads none and costs nothing. */
@Injectable()
export class DeploymentProbes {
  @Inject(RoutingService)
  private readonly routing!: Pick<RoutingService, 'table'>;

  @Inject(UpstreamClient)
  private readonly upstream!: Pick<UpstreamClient, 'getJson'>;

  readonly #history: DeepHealth[] = [];
  #last: { readonly atMs: number; readonly result: Promise<DeepHealth> } | null = null;

  /** Newest first. */
  get history(): readonly DeepHealth[] {
    return this.#history;
  }

  /** At most once a minute, whoever asks. */
  check(): Promise<DeepHealth> {
    if (!this.#last || performance.now() - this.#last.atMs > KEPT_MS) {
      this.#last = { atMs: performance.now(), result: this.#ask() };
    }
    return this.#last.result;
  }

  async #ask(): Promise<DeepHealth> {
    const deployments = distinct(
      [...this.routing.table.groups.values()].flatMap((group) => group.deployments),
    );
    const answers = new Map<string, Promise<ProbedUpstream>>();
    const items = await Promise.all(
      deployments.map(async (deployment) => {
        const address = deployment.origin + deployment.basePath;
        const known = answers.get(address) ?? this.#probe(deployment);
        answers.set(address, known);
        return itemOf(deployment, await known);
      }),
    );
    const result: DeepHealth = {
      checkedAt: new Date(),
      healthy: items.filter((item) => item['error'] === undefined),
      unhealthy: items.filter((item) => item['error'] !== undefined),
    };
    this.#history.unshift(result);
    this.#history.length = Math.min(this.#history.length, HISTORY);
    return result;
  }

  async #probe(deployment: Deployment): Promise<ProbedUpstream> {
    const startedAtMs = performance.now();
    const took = (): number => Math.round(performance.now() - startedAtMs);
    try {
      const listing = await this.upstream.getJson(deployment, '/models', { timeoutMs: TIMEOUT_MS });
      return { error: null, models: idsIn(listing), tookMs: took() };
    } catch (error) {
      const status = error instanceof GatewayError ? error.status : 500;
      // It answers, though it knows no such list: speech servers are like that.
      const answers = status === 404 || status === 405 || status === 501;
      const said = error instanceof GatewayError ? error.message : 'The upstream could not be asked.';
      return { error: answers ? null : said, models: null, tookMs: took() };
    }
  }
}

/**
 * The part that is about one model name or one deployment.
 * @throws NotFoundError for a deployment that is not there
 */
export function narrowed(health: DeepHealth, model: string | null, modelId: string | null): DeepHealth {
  if (model === null && modelId === null) return health;
  const isMeant = (item: JsonObject): boolean =>
    (model === null || item['model_name'] === model || item['model'] === model) &&
    (modelId === null || item['model_id'] === modelId);
  const healthy = health.healthy.filter(isMeant);
  const unhealthy = health.unhealthy.filter(isMeant);
  if (modelId !== null && healthy.length + unhealthy.length === 0) {
    throw new NotFoundError(`There is no deployment with model_id ${modelId.slice(0, 100)}.`, 'model_id');
  }
  return { ...health, healthy, unhealthy };
}

/** LiteLLM's shape of the answer. */
export const deepHealthView = ({ healthy, unhealthy, checkedAt }: DeepHealth): JsonObject => ({
  healthy_endpoints: [...healthy],
  unhealthy_endpoints: [...unhealthy],
  healthy_count: healthy.length,
  unhealthy_count: unhealthy.length,
  checked_at: checkedAt.toISOString(),
});

function itemOf(deployment: Deployment, { error, models, tookMs }: ProbedUpstream): JsonObject {
  const { upstreamModel, provider, modelGroup, id } = deployment;
  const isMissing = models !== null && models.size > 0 && !models.has(upstreamModel);
  const problem = error ?? (isMissing ? `The upstream does not list ${upstreamModel}.` : null);
  return {
    model: `${provider}/${upstreamModel}`,
    model_name: modelGroup,
    model_id: id,
    api_base: deployment.origin + deployment.basePath,
    response_ms: tookMs,
    ...(problem !== null && { error: problem }),
  };
}

function idsIn(listing: unknown): ReadonlySet<string> | null {
  const list = typeof listing === 'object' && listing !== null && 'data' in listing ? listing.data : listing;
  if (!Array.isArray(list)) return null;
  const ids = (list as unknown[]).flatMap((item) =>
    isJsonObject(item as JsonObject) && typeof (item as JsonObject)['id'] === 'string'
      ? [(item as { id: string }).id]
      : [],
  );
  return new Set(ids);
}

/** Discovered names of a wildcard are deployments too; each stands once. */
function distinct(deployments: readonly Deployment[]): Deployment[] {
  return [...new Map(deployments.map((one) => [`${one.id}\n${one.upstreamModel}`, one])).values()];
}
