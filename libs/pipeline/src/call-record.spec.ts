import { describe, expect, test } from '@jest/globals';
import { ClientClosedRequestError, UpstreamError } from '@app/call';
import { aCall, aDeployment } from '@testing/call';
import { CallRecord } from './call-record.js';

const answered = (record: CallRecord): void => {
  record.attempted(aDeployment(), performance.now(), null);
  record.meter.reported({ prompt_tokens: 9, completion_tokens: 12 });
};

describe('the record of a call', () => {
  test('charges what the upstream reported, at the price of the deployment that answered', () => {
    const record = new CallRecord(aCall());
    answered(record);
    expect(record.close()).toMatchObject({
      status: 200,
      errorType: null,
      costPicoUsd: 9n * 1_500_000n + 12n * 2_000_000n,
    });
  });

  test('is frozen once: what comes later changes nothing', () => {
    const record = new CallRecord(aCall());
    answered(record);
    const outcome = record.close();
    record.failed(new Error('late'));
    record.meter.reported({ prompt_tokens: 1, completion_tokens: 1 });
    expect(record.close()).toBe(outcome);
    expect(Object.isFrozen(outcome)).toBe(true);
  });

  test('blames the client that left, whatever broke first', () => {
    const controller = new AbortController();
    const record = new CallRecord(aCall({ signal: controller.signal }));
    controller.abort(new ClientClosedRequestError());
    record.failed(new UpstreamError(502, 'Connection error', true));
    expect(record.close()).toMatchObject({ status: 499, errorType: 'client_closed_request' });
  });

  test('charges nothing for a call that no upstream answered', () => {
    const record = new CallRecord(aCall());
    record.failed(new UpstreamError(502, 'Connection error', true));
    expect(record.close()).toMatchObject({
      costPicoUsd: 0n,
      usage: { promptTokens: 0, completionTokens: 0 },
    });
  });

  test('charges a broken stream for what was seen of it, marked as our own count', () => {
    const record = new CallRecord(aCall());
    record.attempted(aDeployment(), performance.now(), null);
    for (let i = 0; i < 5; i++) record.meter.sawContent(4);
    record.failed(new UpstreamError(502, 'The upstream ended its answer too early.', true));
    expect(record.close()).toMatchObject({ status: 502, usage: { completionTokens: 5, estimated: true } });
  });

  test('keeps every attempt, with its deployment and its error', () => {
    const record = new CallRecord(aCall());
    record.attempted(aDeployment({ id: 'a' }), performance.now(), new UpstreamError(503, 'busy', true));
    record.attempted(aDeployment({ id: 'b' }), performance.now(), null);
    expect(record.close()).toMatchObject({
      deployment: { id: 'b' },
      attempts: [
        { deploymentId: 'a', status: 503, error: 'busy' },
        { deploymentId: 'b', status: 200, error: null },
      ],
    });
  });

  test('tells nobody the words of an unexpected error', () => {
    const record = new CallRecord(aCall());
    record.failed(new Error('secret path /etc/x'));
    expect(record.close()).toMatchObject({ status: 500, errorMessage: 'Internal error.' });
  });
});
