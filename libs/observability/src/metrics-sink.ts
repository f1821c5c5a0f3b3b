import { Injectable } from '@nestjs/common';
import { InjectMetric } from '@willsoto/nestjs-prometheus';
import { Histogram } from 'prom-client';
import { type Outcome, type OutcomeSink } from '@app/call';
import { errorLabel, statusLabel } from './closed-labels.js';
import { ModelLabels } from './model-labels.js';
import { OutcomeTallies } from './outcome-tallies.js';
import { REQUEST_DURATION } from './request-metrics.js';

type Observer = ReturnType<Histogram['labels']>;

/** The client left: the request's status tells it, but nothing failed here. */
const CLIENT_CLOSED_REQUEST = 499;

/** Counts every outcome by model, with labels from closed sets, in under a microsecond of CPU. */
@Injectable()
export class MetricsSink implements OutcomeSink {
  readonly #observers = new Map<string, Observer>();

  constructor(
    private readonly labels: ModelLabels,
    private readonly tallies: OutcomeTallies,
    @InjectMetric(REQUEST_DURATION) private readonly durations: Histogram,
  ) {}

  accept(outcome: Outcome): void {
    const { tallies } = this;
    const { status, usage } = outcome;
    const model = this.labels.of(outcome);
    tallies.requests.add(model, statusLabel(status), 1);
    if (usage.promptTokens > 0) tallies.tokens.add(model, 'prompt', usage.promptTokens);
    if (usage.completionTokens > 0) tallies.tokens.add(model, 'completion', usage.completionTokens);
    if (status >= 400 && status !== CLIENT_CLOSED_REQUEST) {
      tallies.errors.add(model, errorLabel(outcome.errorType), 1);
    }
    this.#observer(model).observe(outcome.durationMs / 1000);
  }

  #observer(model: string): Observer {
    let observer = this.#observers.get(model);
    if (!observer) this.#observers.set(model, (observer = this.durations.labels(model)));
    return observer;
  }
}
