import { Injectable } from '@nestjs/common';
import { type Attempt, type Deployment, type Outcome } from '@app/call';
import { statusLabel } from './closed-labels.js';
import { exceptionClass } from './exception-class.js';
import { MetricFamilies } from './metric-families.js';
import { type SeriesRow, SeriesRows } from './series-row.js';
import { litellmFamilies } from './litellm-families.js';
import { speedFamilies } from './speed-families.js';

const CLIENT_CLOSED_REQUEST = 499;

/** Adds each outcome to the families that dashboards of LiteLLM read, by model and deployment. */
@Injectable()
export class RequestSeries {
  readonly #rows = new SeriesRows();

  constructor(families: MetricFamilies) {
    families.add(...litellmFamilies(this.#rows), ...speedFamilies(this.#rows));
  }

  /** @param model the name that may appear */
  add(outcome: Outcome, model: string): void {
    const { call, deployment, status } = outcome;
    const row = this.#rows.of(model, deployment);
    const route = call.type === 'pass_through_endpoint' ? 'pass_through' : call.route;
    row.requests.add(route, statusLabel(status));
    row.requestSeconds.observe(outcome.durationMs / 1000);
    if (status >= 400 && status !== CLIENT_CLOSED_REQUEST) addFailure(row, route, outcome);
    addUsage(row, outcome);
    // Until somebody is asked: reading, judging, waiting for a limit.
    const first = outcome.attempts[0];
    if (first) row.queueSeconds.observe((first.startedAtMs - call.startedAtMs) / 1000);
    if (deployment) this.#addAttempts(row, deployment, outcome);
  }

  #addAttempts(row: SeriesRow, deployment: Deployment, { attempts, call }: Outcome): void {
    for (const attempt of attempts) {
      const own = attempt.deploymentId === deployment.id ? row : this.#rows.byId(attempt.deploymentId, row);
      own.attempts++;
      if (attempt.error === null) own.answered++;
      else if (attempt.status !== CLIENT_CLOSED_REQUEST) addAttemptFailure(own, attempt);
    }
    const first = attempts[0];
    if (!first || first.deploymentId === deployment.id) return;
    if (deployment.modelGroup === call.model) return;
    const last = attempts.at(-1);
    const counts = last?.error === null ? row.fallbacks : row.failedFallbacks;
    counts.add('', statusLabel(first.status), exceptionClass(row.names.provider, first.status));
  }
}

function addUsage(row: SeriesRow, outcome: Outcome): void {
  const { usage, durationMs, timeToFirstTokenMs, overheadMs, call } = outcome;
  // A double holds it to 15 digits, as the text would.
  row.spendPicoUsd += Number(outcome.costPicoUsd);
  row.inputTokens += usage.promptTokens;
  row.outputTokens += usage.completionTokens;
  row.cachedTokens += usage.cachedTokens;
  if (outcome.cache) row[outcome.cache.isHit ? 'cacheHits' : 'cacheMisses'] += 1;
  if (outcome.status >= 400 || !outcome.deployment) return;
  const upstreamMs = Math.max(0, durationMs - overheadMs);
  row.upstreamSeconds.observe(upstreamMs / 1000);
  row.overheadSeconds.observe(overheadMs / 1000);
  if (call.stream && timeToFirstTokenMs !== null) row.firstTokenSeconds.observe(timeToFirstTokenMs / 1000);
  if (usage.completionTokens === 0) return;
  row.perTokenSeconds.observe(upstreamMs / 1000 / usage.completionTokens);
  const writingMs =
    timeToFirstTokenMs === null || !call.stream ? upstreamMs : durationMs - timeToFirstTokenMs;
  if (writingMs > 0) row.tokensPerSecond.observe((usage.completionTokens * 1000) / writingMs);
}

function addFailure(row: SeriesRow, route: string, { status, deployment }: Outcome): void {
  row.failures.add(route, statusLabel(status), exceptionClass(deployment?.provider ?? null, status));
}

function addAttemptFailure(row: SeriesRow, { status }: Attempt): void {
  row.failedAttempts.add('', statusLabel(status), exceptionClass(row.names.provider, status));
}
