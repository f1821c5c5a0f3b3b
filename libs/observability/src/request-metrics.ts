import { type Provider } from '@nestjs/common';
import { makeCounterProvider } from '@willsoto/nestjs-prometheus';
import { type Counter } from 'prom-client';
import { OutcomeTallies } from './outcome-tallies.js';
import { type Tally } from './tally.js';

/** Three of the four families by model. Tokens add up: `prompt` and `completion` hold cached and reasoning tokens. */
export const requestMetrics: Provider[] = [
  tallied('litellm_requests_total', 'status', 'Requests by model and status.', ({ requests }) => requests),
  tallied('litellm_tokens_total', 'type', 'Tokens by model: prompt or completion.', ({ tokens }) => tokens),
  tallied(
    'litellm_errors_total',
    'type',
    'Failed requests by model and type of error.',
    ({ errors }) => errors,
  ),
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
