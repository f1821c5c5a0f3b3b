import { describe, expect, test } from '@jest/globals';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { LoopTurn } from './loop-turn.js';

describe('a turn of the event loop', () => {
  test('with many requests that take long says how many can be done', () => {
    let ms = 1;
    const turn = new LoopTurn(() => ms);
    for (let count = 1; count < 500; count += 1) expect(turn.begun()).toBeNull();
    expect(turn.begun()).toBeNull();
    ms = 1_003;
    expect(turn.begun()).toBeCloseTo(0.25);
  });

  test('may be long for another reason', () => {
    let ms = 1;
    const turn = new LoopTurn(() => (ms += 1_000));
    for (let count = 1; count < 500; count += 1) expect(turn.begun()).toBeNull();
  });

  test('forgets those of the turn before', async () => {
    let ms = 1;
    const turn = new LoopTurn(() => ms);
    for (let count = 1; count < 500; count += 1) turn.begun();
    await nextTurn();
    ms = 1_000;
    expect(turn.begun()).toBeNull();
  });
});
