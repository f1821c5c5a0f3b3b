import { describe, expect, test } from '@jest/globals';
import { headersOf, TruthLedger } from './truth-ledger.js';

const rawHeaders = ['X-Key', 'abc', 'Accept', '*/*'];
const everything = { since: 0, limit: 1000, model: null };

function entry(ledger: TruthLedger, model: string, tokens: number) {
  const opened = ledger.open(rawHeaders, '/v1/chat/completions');
  opened.model = model;
  opened.emittedTokens = tokens;
  return opened;
}

describe('TruthLedger', () => {
  test('shows a request while it is under way and after its end', () => {
    const ledger = new TruthLedger();
    const opened = entry(ledger, 'a', 3);
    expect(ledger.read(everything)).toMatchObject([{ seq: 1, closedBy: null, finished: false }]);
    ledger.close(opened, 'client');
    expect(ledger.read(everything)).toMatchObject([{ seq: 1, closedBy: 'client', finished: false }]);
  });

  test('tells header names in lower case', () => {
    const ledger = new TruthLedger();
    entry(ledger, 'a', 0);
    expect(ledger.read(everything)).toMatchObject([{ requestHeaders: { 'x-key': 'abc', accept: '*/*' } }]);
  });

  test('reads on from a sequence number, of one model when asked', () => {
    const ledger = new TruthLedger();
    for (const model of ['a', 'b', 'a']) entry(ledger, model, 1);
    expect(ledger.read({ ...everything, since: 1 })).toMatchObject([{ seq: 2 }, { seq: 3 }]);
    expect(ledger.read({ ...everything, model: 'a' })).toMatchObject([{ seq: 1 }, { seq: 3 }]);
    expect(ledger.read({ ...everything, limit: 1 })).toMatchObject([{ seq: 1 }]);
  });

  test('forgets the oldest entries beyond its bound but keeps them in the sums', () => {
    const ledger = new TruthLedger();
    ledger.keep = 2;
    for (let i = 0; i < 5; i++) ledger.close(entry(ledger, 'a', 10), 'server');
    expect(ledger.read(everything)).toMatchObject([{ seq: 4 }, { seq: 5 }]);
    expect(ledger.totals()).toMatchObject({ requests: 5, emittedTokens: 50, last: 5 });
  });

  test('sums by model and by the way that requests ended', () => {
    const ledger = new TruthLedger();
    ledger.close(entry(ledger, 'a', 1), 'server');
    ledger.close(entry(ledger, 'a', 2), 'client');
    ledger.close(entry(ledger, 'b', 4), 'fault');
    expect(ledger.totals()).toMatchObject({
      requests: 3,
      finished: 1,
      closedByClient: 1,
      closedByFault: 1,
      emittedTokens: 7,
      models: { a: { requests: 2, emittedTokens: 3 }, b: { requests: 1, emittedTokens: 4 } },
    });
  });

  test('keeps sums only when it counts, and nothing when it is off', () => {
    const ledger = new TruthLedger();
    ledger.mode = 'counts';
    ledger.close(entry(ledger, 'a', 1), 'server');
    expect([ledger.read(everything), ledger.totals()]).toMatchObject([[], { requests: 1 }]);
    ledger.mode = 'off';
    ledger.close(entry(ledger, 'a', 1), 'server');
    expect(ledger.totals()).toMatchObject({ requests: 1 });
  });

  test('leaves a request out of the sums that began before the reset', () => {
    const ledger = new TruthLedger();
    const before = entry(ledger, 'a', 5);
    ledger.reset();
    ledger.close(before, 'client');
    expect(ledger.totals()).toMatchObject({ requests: 0, emittedTokens: 0, last: 0 });
  });
});

test('headersOf joins the values of a name that was sent twice', () => {
  expect(headersOf(['A', '1', 'a', '2'])).toEqual({ a: '1, 2' });
});
