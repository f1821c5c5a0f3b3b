import { expect, test } from '@jest/globals';
import { validateHeaderValue } from 'node:http';
import { aCall, aDeployment } from '@testing/call';
import { answerHeaders } from './answer-headers.js';
import { CallRecord } from './call-record.js';

test('a deployment may be called as one likes: every header of its answers can be sent', () => {
  const record = new CallRecord(aCall());
  record.attempted(aDeployment({ id: '大きい-größer' }), performance.now(), null);
  const headers = answerHeaders(record, { 'x-upstream': 'naïve — \u{1f600}' }, null);
  for (const [name, value] of Object.entries(headers)) validateHeaderValue(name, String(value));
  expect(headers['x-litellm-model-id']).toBe('???-gr??er');
});
