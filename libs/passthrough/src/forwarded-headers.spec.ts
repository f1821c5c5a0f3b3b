import { expect, test } from '@jest/globals';
import { answeredHeaders, forwardedHeaders } from './forwarded-headers.js';

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
  'keep-alive',
  'proxy-connection',
])('a client passes no header of his that steers the connection to the backend: %s', (name) => {
  const sent = { [`x-pass-${name}`]: '100-continue', 'x-pass-x-own': 'a' };
  expect(forwardedHeaders(sent, RULES)).toEqual({ 'accept-encoding': 'identity', 'x-own': 'a' });
});

test('a client cannot call his body something else than it was judged as', () => {
  const sent = {
    'content-type': 'application/json',
    'x-pass-content-type': 'application/x-www-form-urlencoded',
    'x-pass-content-encoding': 'gzip',
  };
  expect(forwardedHeaders(sent, RULES)).toEqual({
    'accept-encoding': 'identity',
    'content-type': 'application/json',
  });
});

test.each([
  'x-original-url',
  'x-rewrite-url',
  'x-http-method-override',
  'x-forwarded-for',
  'x-forwarded-prefix',
])(
  'no header of a client names another target, method or sender than the one that was judged: %s',
  (name) => {
    const sent = { [name]: '/admin', [`x-pass-${name}`]: '/admin' };
    expect(forwardedHeaders(sent, { ...RULES, forwardHeaders: true })).toEqual({
      'accept-encoding': 'identity',
    });
  },
);

test('a backend gives no orders to the proxy in front of the gateway, but that it shall not wait', () => {
  const answered = answeredHeaders({
    'x-accel-redirect': '/internal/secrets',
    'x-accel-expires': '3600',
    'x-sendfile': '/etc/passwd',
    'x-accel-buffering': 'no',
  });
  expect(answered).toEqual({ 'x-accel-buffering': 'no' });
});
