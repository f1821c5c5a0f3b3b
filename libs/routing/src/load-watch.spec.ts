import { expect, test } from '@jest/globals';
import { LoadWatch } from './load-watch.js';

/** What is seen and said of a call, each with its moment in ms; the call ends at the last. */
function loadMsOf(...events: [number, 'unloaded' | 'starting' | 'ready' | 'answer' | 'end'][]): number {
  let nowMs = 0;
  const watch = new LoadWatch(() => nowMs);
  for (const [atMs, event] of events) {
    nowMs = atMs;
    if (event === 'answer') watch.answered();
    else if (event !== 'end') watch.saw(event, nowMs);
  }
  return watch.end();
}

test('a load lasts until the model is seen ready', () => {
  expect(loadMsOf([10, 'unloaded'], [510, 'starting'], [1_010, 'ready'], [1_300, 'answer'])).toBe(1_010);
});

test('a load is over when the answer comes between two looks', () => {
  expect(loadMsOf([10, 'starting'], [510, 'starting'], [700, 'answer'], [1_010, 'ready'])).toBe(700);
});

test('an answer that only says that the model is being loaded does not end the load', () => {
  expect(
    loadMsOf([10, 'starting'], [50, 'answer'], [510, 'starting'], [1_010, 'ready'], [2_000, 'end']),
  ).toBe(1_010);
});

test('a call that ends before its model is ready waited for it all the time', () => {
  expect(loadMsOf([10, 'starting'], [900, 'end'])).toBe(900);
});

test('a model that was never seen loading was there, or goes by another name', () => {
  expect(loadMsOf([10, 'ready'], [300, 'answer'])).toBe(0);
  expect(loadMsOf([10, 'unloaded'], [300, 'answer'], [900, 'end'])).toBe(0);
});
