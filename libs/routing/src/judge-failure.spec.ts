import { describe, expect, test } from '@jest/globals';
import { ClientClosedRequestError, RateLimitError, UpstreamError } from '@app/call';
import { judgeFailure } from './judge-failure.js';

const upstream = (status: number, message = 'x', retryable = status >= 429, code: string | null = null) =>
  new UpstreamError(status, message, retryable, { code });

describe('what a failure means', () => {
  test.each([
    ['a busy upstream', upstream(503), 10, 'anywhere', 'counted', 'general'],
    ['a deployment that asks for patience', upstream(429), 10, 'anywhere', 'at once', 'general'],
    ['no connection', upstream(502), 10, 'anywhere', 'counted', 'general'],
    ['silence', upstream(504), 1_000, 'anywhere', 'counted', 'general'],
    ['an error after a long wait: the load failed', upstream(502), 5_000, 'elsewhere', 'counted', 'general'],
    [
      'a load that failed at once',
      upstream(500, 'unspecific error: upstream command exited prematurely'),
      300,
      'elsewhere',
      'counted',
      'general',
    ],
    [
      'a key that the upstream does not take',
      upstream(401, 'no', false),
      10,
      'elsewhere',
      'at once',
      'general',
    ],
    ['a key without the right', upstream(403, 'no', false), 10, 'elsewhere', 'none', 'general'],
    ['a request that is wrong', upstream(400, 'no', false), 10, 'never', 'none', 'general'],
    ['a model that is not there', upstream(404, 'no', false), 10, 'never', 'none', 'general'],
    ['what the model cannot do', upstream(501, 'no', false), 10, 'never', 'none', 'general'],
    [
      'a prompt that is too long',
      upstream(400, 'request (9 tokens) exceeds the available context size (8 tokens)', false),
      10,
      'never',
      'none',
      'contextWindow',
    ],
    [
      'a prompt that is too long, by its code',
      upstream(400, 'no', false, 'context_length_exceeded'),
      10,
      'never',
      'none',
      'contextWindow',
    ],
    [
      'a prompt that is not wanted',
      upstream(400, 'no', false, 'content_policy_violation'),
      10,
      'never',
      'none',
      'contentPolicy',
    ],
    ['a client that left', new ClientClosedRequestError(), 10, 'never', 'none', null],
    ['a limit of our own', new RateLimitError('no', 1), 10, 'never', 'none', null],
  ] as const)('%s', (...row) => {
    const [, error, tookMs, retry, blame, fallback] = row;
    expect(judgeFailure(error, tookMs)).toEqual({ retry, blame, fallback });
  });
});
