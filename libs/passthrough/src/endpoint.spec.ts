import { expect, test } from '@jest/globals';
import { compileEndpoint, targetOf } from './endpoint.js';

const ENTRY = {
  path: '/pass',
  target: 'http://backend:1/base',
  includeSubpath: true,
  auth: true,
  forwardHeaders: false,
  mergeQueryParams: false,
  headers: {},
  costPerRequestPicoUsd: null,
};
const endpoint = compileEndpoint(ENTRY);

test('what a backend is told in headers and query is secret', () => {
  const target = 'http://backend:1/base?api_key=query%2Fsecret-1';
  const keyed = {
    ...ENTRY,
    target,
    mergeQueryParams: true,
    headers: { authorization: 'Bearer header-secret' },
  };
  expect(compileEndpoint(keyed).secrets).toEqual(['header-secret', 'query/secret-1', 'query%2Fsecret-1']);
});

test('what a client writes below an endpoint stays below its target', () => {
  expect(targetOf(endpoint, '/pass/a%20b/c', '?d=e')).toBe('/base/a%20b/c?d=e');
});

test.each(['/..', '/%2e%2e/x', '//evil', '/\\evil', '/a%2fb', '/%252e%252e/x', '/%25252fx', '/a%00'])(
  'no way out of its target, however often a backend decodes the path: %s',
  (below) => {
    expect(() => targetOf(endpoint, `/pass${below}`, '')).toThrow('The path cannot be forwarded.');
  },
);
