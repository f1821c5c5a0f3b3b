import { expect, test } from '@jest/globals';
import { forwardedHeaders } from './forwarded-headers.js';

const RULES = { forwardHeaders: false, headers: {}, keyHeaderName: null };

test.each([
  'host',
  'connection',
  'content-length',
  'transfer-encoding',
  'upgrade',
  'te',
  'trailer',
  'expect',
])('a client passes no header of his that steers the connection to the backend: %s', (name) => {
  const sent = { [`x-pass-${name}`]: '100-continue', 'x-pass-x-own': 'a' };
  expect(forwardedHeaders(sent, RULES)).toEqual({ 'accept-encoding': 'identity', 'x-own': 'a' });
});
