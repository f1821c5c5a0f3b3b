import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { type Outcome } from '@app/call';
import { aCall, anOutcome } from '@testing/call';
import { Delivery, type SendResult, type TraceTransport } from './delivery.js';

const TAKEN: SendResult = { kind: 'taken', refused: 0 };
const LATER: SendResult = { kind: 'later', afterMs: null, cause: 'away' };
const REFUSED: SendResult = { kind: 'refused', cause: 'status 400' };

/** A receiver that answers as it is told and remembers what it took. */
class Receiver implements TraceTransport<string> {
  readonly batches: string[][] = [];
  prepared = 0;
  answer: (batch: readonly string[]) => SendResult | Promise<SendResult> = () => TAKEN;

  prepare({ call }: Outcome): string {
    this.prepared++;
    return call.callId;
  }

  send(batch: readonly string[]): Promise<SendResult> {
    this.batches.push([...batch]);
    return Promise.resolve(this.answer(batch));
  }
}

let receiver: Receiver;
let delivery: Delivery;
let warnings: unknown[];

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] });
  warnings = [];
  jest.spyOn(Logger.prototype, 'warn').mockImplementation((line: unknown) => void warnings.push(line));
  receiver = new Receiver();
  delivery = new Delivery('receiver', receiver, 1_000);
});

afterEach(() => {
  jest.useRealTimers();
  jest.restoreAllMocks();
});

const add = (count: number): void => {
  for (let at = 0; at < count; at++)
    delivery.accept(anOutcome({ call: aCall({ callId: `${at}`, bodyBytes: 1 }) }));
};

async function pass(ms: number): Promise<void> {
  for (let gone = 0; gone < ms; gone += 50) {
    await jest.advanceTimersByTimeAsync(50);
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
  }
}

const lost = (): number => {
  const { full, refused, shutdown } = delivery.queue.counts;
  return full + refused + shutdown;
};

describe('a delivery', () => {
  test('does nothing on the spot: what is accepted leaves later, together', async () => {
    add(3);
    expect(receiver.prepared).toBe(0);
    await pass(1_000);
    expect(receiver.batches).toEqual([['0', '1', '2']]);
  });

  test('sets no timer while there is nothing to do', async () => {
    add(1);
    await pass(2_000);
    expect(jest.getTimerCount()).toBe(0);
  });

  test('sends at most 50 at once, one batch after the other', async () => {
    add(120);
    await pass(3_000);
    expect(receiver.batches.map(({ length }) => length)).toEqual([50, 50, 20]);
  });

  test('never sends two batches at a time', async () => {
    let open = 0;
    let most = 0;
    receiver.answer = async () => {
      most = Math.max(most, ++open);
      await new Promise((resolve) => setTimeout(resolve, 400));
      open--;
      return TAKEN;
    };
    add(300);
    await pass(6_000);
    expect(most).toBe(1);
    expect(delivery.queue.counts.delivered).toBe(300);
  });

  test('tries the same batch again, made once, until it is taken', async () => {
    let fails = 3;
    receiver.answer = () => (fails-- > 0 ? LATER : TAKEN);
    add(2);
    await pass(20_000);
    expect(receiver.batches).toEqual([
      ['0', '1'],
      ['0', '1'],
      ['0', '1'],
      ['0', '1'],
    ]);
    expect(receiver.prepared).toBe(2);
    expect(delivery.queue.counts).toMatchObject({ accepted: 2, delivered: 2 });
  });

  test('asks a receiver that is away more and more seldom', async () => {
    receiver.answer = () => LATER;
    add(1);
    await pass(300_000);
    expect(receiver.batches.length).toBeGreaterThan(8);
    expect(receiver.batches.length).toBeLessThan(20);
  });

  test('waits as long as the receiver wishes', async () => {
    receiver.answer = () => ({ kind: 'later', afterMs: 10_000, cause: 'busy' });
    add(1);
    await pass(10_000);
    expect(receiver.batches).toHaveLength(1);
    await pass(3_000);
    expect(receiver.batches).toHaveLength(2);
  });

  test('an outage costs the oldest, and every one is counted', async () => {
    receiver.answer = () => LATER;
    for (let second = 0; second < 60; second++) {
      add(100);
      await pass(1_000);
    }
    expect(delivery.queue.size).toBe(2_000);
    expect(delivery.queue.counts).toMatchObject({ accepted: 6_000, full: 4_000 });
    receiver.answer = () => TAKEN;
    await pass(60_000);
    expect(delivery.queue.counts.delivered).toBe(2_000);
  });

  test('one bad trace does not take its batch with it', async () => {
    receiver.answer = (batch) => (batch.includes('3') ? REFUSED : TAKEN);
    add(6);
    await pass(1_000);
    expect(delivery.queue.counts).toMatchObject({ delivered: 5, refused: 1 });
  });

  test('a receiver that refuses everything is not asked for each', async () => {
    receiver.answer = () => REFUSED;
    add(50);
    await pass(1_000);
    expect(receiver.batches).toHaveLength(4);
    expect(delivery.queue.counts).toMatchObject({ delivered: 0, refused: 50 });
  });

  test('a trace that cannot be made is counted, the others leave', async () => {
    jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    receiver.prepare = ({ call }) => {
      if (call.callId === '1') throw new Error('odd');
      return call.callId;
    };
    add(3);
    await pass(1_000);
    expect(delivery.queue.counts).toMatchObject({ delivered: 2, refused: 1 });
    expect(delivery.queue.size).toBe(0);
  });

  test('a transport that throws is one that failed', async () => {
    receiver.answer = () => {
      throw new TypeError('broken');
    };
    add(1);
    await pass(1_000);
    expect(delivery.queue.size).toBe(1);
    expect(JSON.stringify(warnings)).toContain('TypeError');
  });

  test('speaks of trouble at most once a minute', async () => {
    receiver.answer = () => LATER;
    add(10);
    await pass(50_000);
    expect(warnings).toHaveLength(1);
  });

  test('the end delivers what is left', async () => {
    add(120);
    await delivery.end();
    expect(delivery.queue.counts).toMatchObject({ accepted: 120, delivered: 120 });
  });

  test('the end waits 5 s at most for a receiver that hangs, and counts what is lost', async () => {
    receiver.answer = () => new Promise(() => undefined);
    add(10);
    const end = delivery.end();
    await pass(5_100);
    await end;
    expect([delivery.queue.size, lost()]).toEqual([0, 10]);
  });

  test('what comes after the end is counted as lost', async () => {
    await delivery.end();
    add(1);
    expect(delivery.queue.counts).toMatchObject({ accepted: 1, shutdown: 1 });
  });
});
