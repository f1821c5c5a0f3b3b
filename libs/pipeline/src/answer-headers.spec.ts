import { expect, test } from '@jest/globals';
import { validateHeaderValue } from 'node:http';
import { aCall, aDeployment } from '@testing/call';
import { answerHeaders } from './answer-headers.js';
import { CallRecord } from './call-record.js';
import { valueIn } from './head-list.js';

test('a deployment may be called as one likes: every header of its answers can be sent', () => {
  const record = new CallRecord(aCall());
  record.attempted(aDeployment({ id: '大きい-größer' }), performance.now(), null);
  const head = answerHeaders(record, { 'x-upstream': 'naïve — \u{1f600}' }, null);
  for (let at = 0; at < head.length; at += 2) validateHeaderValue(head[at] ?? '', head[at + 1] ?? '');
  expect(valueIn(head, 'x-litellm-model-id')).toBe('???-gr??er');
});
