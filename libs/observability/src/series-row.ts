import { type Deployment } from '@app/call';
import { BucketCounts } from './bucket-counts.js';
import { EndCounts } from './end-counts.js';
import { LATENCY_BUCKETS, PER_TOKEN_BUCKETS, RATE_BUCKETS } from './metric-buckets.js';

/** With about 280 series each, and 30 for each of 200 models beside them, a scrape stays below 20,000. */
const MAX_ROWS = 45;
const OTHER = 'other';
const NONE = 'None';

/** Of model and deployment, as they may appear. */
export interface RowNames {
  readonly requestedModel: string;
  readonly deploymentModel: string;
  readonly modelId: string;
  readonly apiBase: string;
  readonly provider: string;
}

/** What was counted for one requested model at one deployment. */
export class SeriesRow {
  readonly requests = new EndCounts();
  readonly failures = new EndCounts();
  readonly failedAttempts = new EndCounts();
  readonly fallbacks = new EndCounts();
  readonly failedFallbacks = new EndCounts();
  readonly queueSeconds = new BucketCounts(LATENCY_BUCKETS);
  readonly requestSeconds = new BucketCounts(LATENCY_BUCKETS);
  readonly upstreamSeconds = new BucketCounts(LATENCY_BUCKETS);
  readonly firstTokenSeconds = new BucketCounts(LATENCY_BUCKETS);
  readonly overheadSeconds = new BucketCounts(LATENCY_BUCKETS);
  readonly perTokenSeconds = new BucketCounts(PER_TOKEN_BUCKETS);
  readonly tokensPerSecond = new BucketCounts(RATE_BUCKETS);
  spendPicoUsd = 0;
  inputTokens = 0;
  outputTokens = 0;
  cachedTokens = 0;
  cacheHits = 0;
  cacheMisses = 0;
  attempts = 0;
  answered = 0;
  /** Labels as written, by the set of names. */
  readonly texts = new Map<readonly string[], string>();

  constructor(readonly names: RowNames) {}
}

/** The rows, as many as a scrape can hold; the rest share one. */
export class SeriesRows {
  readonly all: SeriesRow[] = [];
  readonly #byName = new Map<string, SeriesRow>();
  readonly #byDeployment = new WeakMap<Deployment, Map<string, SeriesRow>>();
  readonly #byId = new Map<string, SeriesRow>();
  #rest: SeriesRow | null = null;

  /** @param model the name that may appear */
  of(model: string, deployment: Deployment | null): SeriesRow {
    if (!deployment) return this.#named(model, null);
    let rows = this.#byDeployment.get(deployment);
    if (!rows) this.#byDeployment.set(deployment, (rows = new Map<string, SeriesRow>()));
    let row = rows.get(model);
    if (!row) rows.set(model, (row = this.#named(model, deployment)));
    return row;
  }

  /** Of a deployment of which only the id is known; `otherwise` where none was seen yet. */
  byId(id: string, otherwise: SeriesRow): SeriesRow {
    return this.#byId.get(id) ?? otherwise;
  }

  #named(model: string, deployment: Deployment | null): SeriesRow {
    const name = `${model}\n${deployment?.id ?? ''}`;
    const known = this.#byName.get(name);
    if (known) return known;
    if (this.all.length >= MAX_ROWS) return (this.#rest ??= this.#add(rowFor(OTHER, null)));
    const row = this.#add(rowFor(model, deployment));
    this.#byName.set(name, row);
    if (deployment) this.#byId.set(deployment.id, row);
    return row;
  }

  #add(row: SeriesRow): SeriesRow {
    this.all.push(row);
    return row;
  }
}

/** A wildcard's model is named by the client: it appears where its name may. */
function rowFor(requestedModel: string, deployment: Deployment | null): SeriesRow {
  if (!deployment) {
    const none = { deploymentModel: NONE, modelId: NONE, apiBase: NONE, provider: NONE };
    return new SeriesRow({ requestedModel, ...none });
  }
  const { id, origin, basePath, provider, upstreamModel } = deployment;
  return new SeriesRow({
    requestedModel,
    deploymentModel: requestedModel === OTHER ? OTHER : upstreamModel,
    modelId: id,
    apiBase: origin + basePath,
    provider,
  });
}
