import { describe, expect, test } from '@jest/globals';
import { NO_USAGE } from '@app/call';
import { AnswerPlace, type Answers } from './answer-place.js';
import { type KeptAnswer } from './kept-answer.js';
import { MemoryAnswers } from './memory-answers.js';

const WISHES = { reads: true, writes: true, ttlMs: 60_000, maxAgeMs: Infinity, namespace: '' };
const FACTS = { responseId: 'chatcmpl-1', usage: NO_USAGE, deploymentId: 'd' };
const never = new Promise<never>(() => undefined);
const answer = (bytes: number, ttlMs = 60_000): KeptAnswer => ({
  body: Buffer.alloc(bytes, 'x'),
  contentType: 'application/json',
  facts: FACTS,
  storedAtMs: Date.now(),
  expiresAtMs: Date.now() + ttlMs,
});

describe('answers in memory', () => {
  test('never hold more than they may; what was used stays', () => {
    const store = new MemoryAnswers(100 * 1024);
    store.set('used', answer(1_000));
    for (let count = 0; count < 500; count += 1) {
      store.set(`answer-${count}`, answer(3_000));
      expect(store.get('used')).not.toBeNull();
      expect(store.bytes).toBeLessThanOrEqual(100 * 1024);
    }
    expect(store.get('answer-0')).toBeNull();
    expect(store.get('answer-499')).not.toBeNull();
  });

  test('expire, are replaced, and leave out what is too large', () => {
    const store = new MemoryAnswers(10_000);
    store.set('late', answer(10, 0));
    expect([store.get('late'), store.bytes]).toEqual([null, 0]);
    store.set('a', answer(100));
    store.set('a', answer(200));
    expect([store.get('a')?.body.length, store.bytes]).toEqual([200, 200 + 1_024]);
    store.set('a', answer(20_000));
    expect([store.get('a'), store.bytes]).toEqual([null, 0]);
  });
});

describe('equal calls at once', () => {
  const answers = (): Answers => ({
    store: new MemoryAnswers(1_000_000),
    flights: new Map(),
    maxEntryBytes: 1_000,
  });
  const made = { body: Buffer.from('{}'), contentType: 'application/json', facts: FACTS };

  test('one makes the answer, the others get it', async () => {
    const shared = answers();
    const places = Array.from({ length: 3 }, () => new AnswerPlace('key', WISHES, shared));
    const [leader, ...others] = places.map((place) => place.find(never));
    expect(await leader).toBeNull();
    places[0]?.keep(made);
    expect(await Promise.all(others)).toMatchObject([made, made]);
    expect(shared.flights.size).toBe(0);
  });

  test('where it is given up, exactly one begins anew; where it fails, each asks for itself', async () => {
    const shared = answers();
    const places = Array.from({ length: 3 }, () => new AnswerPlace('key', WISHES, shared));
    const [leader, second, third] = places.map((place) => place.find(never));
    await leader;
    places[0]?.end(true);
    expect(await second).toBeNull();
    let isThirdDone = false;
    void third?.then(() => (isThirdDone = true));
    await new Promise((resolve) => setImmediate(resolve));
    expect(isThirdDone).toBe(false);
    places[1]?.end(false);
    expect(await third).toBeNull();
    expect(shared.flights.size).toBe(0);
  });

  test('who cannot wait any longer stops waiting, and the others do not notice', async () => {
    const shared = answers();
    const [leader, hurried] = [
      new AnswerPlace('key', WISHES, shared),
      new AnswerPlace('key', WISHES, shared),
    ];
    await leader.find(never);
    const late = Promise.reject(new Error('late'));
    await expect(hurried.find(late)).rejects.toThrow('late');
    hurried.end(true);
    expect(shared.flights.size).toBe(1);
    leader.keep(made);
    expect(shared.flights.size).toBe(0);
  });

  test('one that wants a younger answer than there is makes it', async () => {
    const shared = answers();
    shared.store.set('key', { ...answer(5), storedAtMs: Date.now() - 10_000 });
    expect(await new AnswerPlace('key', { ...WISHES, maxAgeMs: 5_000 }, shared).find(never)).toBeNull();
    const other = answers();
    other.store.set('key', { ...answer(5), storedAtMs: Date.now() - 10_000 });
    expect(await new AnswerPlace('key', { ...WISHES, maxAgeMs: 20_000 }, other).find(never)).not.toBeNull();
  });
});
