import { describe, expect, test } from '@jest/globals';
import {
  AuthenticationError,
  BadRequestError,
  BudgetExceededError,
  type GatewayError,
  PermissionError,
  RateLimitError,
  RouteRightError,
  UnavailableError,
  UpstreamError,
} from '@app/call';
import { withOlderStatus } from './older-statuses.js';

const cases: readonly (readonly [string, GatewayError, number])[] = [
  ['a budget that is spent', new BudgetExceededError('spent'), 400],
  ['a key whose time is over', new AuthenticationError('over', 'expired_key', 'sk-...abcd'), 400],
  ['a model that the key may not use', new PermissionError('no', 'key_model_access_denied', 'model'), 401],
  ['a model that the team may not use', new PermissionError('no', 'team_model_access_denied', 'model'), 401],
  ['a model that the user may not use', new PermissionError('no', 'user_model_access_denied', 'model'), 401],
  ['a route that the role does not open', new RouteRightError('no'), 401],
  ['a backend that cannot be reached', new UpstreamError(502, 'Connection error: unreachable.', true), 500],
  ['a backend that is silent', new UpstreamError(504, 'silent', true, { type: 'upstream_timeout' }), 408],
  ['a key that nobody knows', new AuthenticationError('no', 'token_not_found_in_db', 'key'), 401],
  ['routes that a key is limited to', new PermissionError('narrowed'), 403],
  ['a limit of requests', new RateLimitError('too many', 3), 429],
  ['a request that is wrong', new BadRequestError('wrong', 'model'), 400],
  ['a database that is away', new UnavailableError('away'), 503],
  ['a status that a backend gave itself', new UpstreamError(502, 'bad gateway', true), 502],
];

describe('a script written for LiteLLM 1.81', () => {
  test.each(cases)('%s', (_, error, status) => {
    const older = withOlderStatus(error);
    expect(older.status).toBe(status);
    expect({ message: older.message, type: older.type, param: older.param }).toEqual({
      message: error.message,
      type: error.type,
      param: error.param,
    });
    expect(older.code).toBe(error instanceof RateLimitError ? 'rate_limit_exceeded' : String(status));
    expect('www-authenticate' in older.headers).toBe(status === 401);
  });

  test('is told as before not to try again when the money is spent, and when it comes anew', () => {
    const spent = new BudgetExceededError('spent', { 'retry-after': '7' });
    expect(withOlderStatus(spent).headers).toEqual({ 'retry-after': '7', 'x-should-retry': 'false' });
  });
});
