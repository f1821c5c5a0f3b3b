import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { type Outcome } from '@app/call';
import { aCall, aCaller, anOutcome } from '@testing/call';
import { aConfigStore } from '@testing/config';
import { RequestLogSink } from './request-log-sink.js';

let lines: unknown[];

beforeEach(() => {
  lines = [];
  jest
    .spyOn(Logger.prototype, 'log')
    .mockImplementation((line: unknown) => void lines.push(JSON.parse(String(line))));
});

afterEach(() => {
  jest.restoreAllMocks();
});

function logged(changes: Partial<Outcome> = {}, logLevel: 'debug' | 'info' | 'warn' = 'info'): unknown[] {
  new RequestLogSink(aConfigStore({ logLevel })).accept(anOutcome(changes));
  return lines;
}

test('a request is one line: who, what, how long, how much', () => {
  const call = aCall({
    callId: 'c-1',
    clientAddress: '192.0.2.7',
    caller: aCaller({ keyAlias: 'team-key' }),
  });
  expect(logged({ call, durationMs: 12.3456 })).toEqual([
    expect.objectContaining({
      msg: '/v1/chat/completions 200',
      callId: 'c-1',
      model: 'gpt-4',
      deployment: 'deployment-1',
      durationMs: 12.346,
      promptTokens: 9,
      completionTokens: 12,
      costUsd: '0.0000375',
      key: 'team-key',
      client: '192.0.2.7',
    }),
  ]);
});

test('a failure is told by status and type; its message may repeat the request and stays out', () => {
  const line = JSON.stringify(
    logged({ status: 400, errorType: 'upstream_error', errorMessage: 'bad prompt: canary' }),
  );
  expect(line).toContain('upstream_error');
  expect(line).not.toContain('canary');
});

test('nothing of the body is in the line', () => {
  const call = aCall({
    body: { model: 'gpt-4', messages: [{ role: 'user', content: 'canary' }], user: 'canary' },
  });
  expect(JSON.stringify(logged({ call }))).not.toContain('canary');
});

test('a model name without end is cut', () => {
  expect(JSON.stringify(logged({ call: aCall({ model: 'x'.repeat(100_000) }) })).length).toBeLessThan(1_000);
});

test.each([
  ['"', 'quotes'],
  ['\n\u2028\u0000', 'control characters'],
  ['\ud800 é 🙂', 'what is no letter'],
])('names with %j stay one line of JSON (%s)', (part) => {
  const name = `a${part}b`;
  const call = aCall({ model: name, callId: name, caller: aCaller({ keyAlias: name }) });
  expect(logged({ call })).toEqual([expect.objectContaining({ model: name, callId: name, key: name })]);
});

test.each([
  [0, 0],
  [0.0004, 0],
  [0.25, 0.25],
  [12.007, 12.007],
  [3_600_000.0506, 3_600_000.051],
])('%d ms are told as %d', (durationMs, told) => {
  expect(logged({ durationMs })).toEqual([expect.objectContaining({ durationMs: told })]);
});

test('above info there are no request lines', () => {
  expect(logged({}, 'warn')).toEqual([]);
});
