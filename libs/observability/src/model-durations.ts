import { Injectable } from '@nestjs/common';
import { BucketCounts } from './bucket-counts.js';
import { labelText } from './family-text.js';
import { MetricFamilies } from './metric-families.js';

/** Seconds, from a cached embedding to a model that had to be loaded first. */
const BUCKETS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 30, 60, 120, 300, 600];

/** How long requests take, by model: the fourth of the four families. */
@Injectable()
export class ModelDurations {
  readonly #models = new Map<string, { readonly labels: string; readonly value: BucketCounts }>();

  constructor(families: MetricFamilies) {
    families.add({
      name: 'litellm_request_duration_seconds',
      help: 'Seconds from the request to the end of its answer, by model.',
      type: 'histogram',
      read: () => this.#models.values(),
    });
  }

  observe(model: string, durationMs: number): void {
    let known = this.#models.get(model);
    if (!known) {
      known = { labels: labelText({ model }), value: new BucketCounts(BUCKETS) };
      this.#models.set(model, known);
    }
    known.value.observe(durationMs / 1000);
  }
}
