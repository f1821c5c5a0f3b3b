import { describe, expect, test } from '@jest/globals';
import { spanIdOf, traceHintsOf, traceIdOf, traceparentOf } from './trace-hints.js';

const ID = '01a20a92-3846-7745-9e67-000000000001';
const TRACEPARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

describe('what headers say about the trace', () => {
  test('is nothing for a request without them', () => {
    expect(traceHintsOf({ authorization: 'Bearer x', 'content-type': 'application/json' })).toBeNull();
  });

  test('keeps those of Langfuse and of Trace Context, and no credential', () => {
    const headers = { authorization: 'Bearer x', langfuse_trace_id: 't', traceparent: TRACEPARENT };
    expect(traceHintsOf(headers)).toEqual({ langfuse_trace_id: 't', traceparent: TRACEPARENT });
  });

  test('leaves out a value that is longer than any name', () => {
    expect(traceHintsOf({ langfuse_trace_name: 'x'.repeat(5_000) })).toBeNull();
  });

  test('keeps at most 64 of them', () => {
    const many = Object.fromEntries(Array.from({ length: 100 }, (_, at) => [`langfuse_${at}`, 'x']));
    expect(Object.keys(traceHintsOf(many) ?? {})).toHaveLength(64);
  });
});

describe('the trace of a call', () => {
  test('is the one that the client names', () => {
    expect(traceIdOf({ id: ID, traceHints: { traceparent: TRACEPARENT } })).toBe(
      '0af7651916cd43dd8448eb211c80319c',
    );
  });

  test('is its own id otherwise', () => {
    expect(traceIdOf({ id: ID })).toBe('01a20a92384677459e67000000000001');
  });

  test.each([
    ['zeros', `00-${'0'.repeat(32)}-b7ad6b7169203331-01`],
    ['a short span', '00-0af7651916cd43dd8448eb211c80319c-b7ad-01'],
    ['capitals', TRACEPARENT.toUpperCase()],
    ['the forbidden version', TRACEPARENT.replace('00', 'ff')],
    ['words', 'nothing of the kind'],
  ])('a traceparent with %s is none', (_, traceparent) => {
    expect(traceparentOf({ traceparent })).toBeNull();
  });

  test('a later version of traceparent may say more at its end', () => {
    expect(traceparentOf({ traceparent: `${TRACEPARENT.replace('00', '01')}-more` })?.spanId).toBe(
      'b7ad6b7169203331',
    );
  });

  test('its span has 16 digits', () => {
    expect(spanIdOf({ id: ID })).toBe('9e67000000000001');
  });
});
