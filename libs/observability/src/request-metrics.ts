import { type Provider } from '@nestjs/common';
import { makeCounterProvider, makeHistogramProvider } from '@willsoto/nestjs-prometheus';
import { type Counter } from 'prom-client';
import { OutcomeTallies } from './outcome-tallies.js';
import { type Tally } from './tally.js';

export const REQUEST_DURATION = 'litellm_request_duration_seconds';

/** From a cached embedding to a model that had to be loaded first. */
const DURATION_BUCKETS_SECONDS = [
  0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 30, 60, 120, 300, 600,
];

/** The four families by model. Tokens add up: `prompt` and `completion` hold cached and reasoning tokens. */
export const requestMetrics: Provider[] = [
  tallied('litellm_requests_total', 'status', 'Requests by model and status.', ({ requests }) => requests),
  tallied('litellm_tokens_total', 'type', 'Tokens by model: prompt or completion.', ({ tokens }) => tokens),
  tallied(
    'litellm_errors_total',
    'type',
    'Failed requests by model and type of error.',
    ({ errors }) => errors,
  ),
  makeHistogramProvider({
    name: REQUEST_DURATION,
    help: 'Seconds from the request to the end of its answer, by model.',
    labelNames: ['model'],
    buckets: DURATION_BUCKETS_SECONDS,
  }),
];

function tallied(
  name: string,
  label: string,
  help: string,
  tallyOf: (tallies: OutcomeTallies) => Tally,
): Provider {
  return makeCounterProvider({
    name,
    help,
    labelNames: ['model', label],
    inject: [OutcomeTallies],
    collect(this: Counter, tallies: OutcomeTallies) {
      tallyOf(tallies).moveTo(this);
    },
  });
}
