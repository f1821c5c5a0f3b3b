import { expect, test } from '@jest/globals';
import { ClientClosedRequestError, UpstreamError } from '@app/call';
import { withFallbackNotes } from './fallback-notes.js';

const first = new UpstreamError(503, 'busy', true, {
  type: 'server_error',
  code: 'busy',
  headers: { 'retry-after': '3' },
  members: { n_ctx: 1 },
});
const routes = [{ name: 'small', names: ['small'], group: { name: 'small', deployments: [], members: [] } }];

test('the first error is told, with what was tried after it', () => {
  const error = withFallbackNotes(first, 'gpt-4', routes, new UpstreamError(500, 'broken', true));
  expect(error).toMatchObject({
    status: 503,
    type: 'server_error',
    code: 'busy',
    headers: { 'retry-after': '3' },
    members: { n_ctx: 1 },
    message:
      "busy. Received Model Group=gpt-4\nAvailable Model Group Fallbacks=['small']\nError doing the fallback: broken",
  });
});

test('an error that no fallback can cure stays as it is', () => {
  expect(withFallbackNotes(first, 'gpt-4', [], null)).toBe(first);
  const left = new ClientClosedRequestError();
  expect(withFallbackNotes(left, 'gpt-4', routes, null)).toBe(left);
});
