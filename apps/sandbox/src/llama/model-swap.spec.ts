import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { LLAMA_SETTINGS, type LlamaSettings } from './llama-settings.js';
import { ModelSwap } from './model-swap.js';

const pause = (ms: number) => jest.advanceTimersByTime(ms);

beforeAll(() => void jest.useFakeTimers());
afterAll(() => void jest.useRealTimers());

/** Asks for models and writes down in which order what happens. */
function scene(patch: Partial<LlamaSettings> = {}) {
  const settings = { ...structuredClone(LLAMA_SETTINGS), loadMs: 20, ...patch };
  const swap = new ModelSwap(settings);
  const log: string[] = [];
  const ask = (model: string) => {
    const waiter = {
      model,
      granted: () => void log.push(model),
      refused: (refusal: string) => void log.push(`${model} ${refusal}`),
    };
    swap.ask(waiter);
    return waiter;
  };
  return { swap, log, ask };
}

describe('ModelSwap', () => {
  test('serves at once when loading takes no time', () => {
    const { log, ask } = scene({ loadMs: 0 });
    ask('a');
    ask('b');
    expect(log).toEqual(['a', 'b']);
  });

  test('loads a model before it serves, once for all who wait', () => {
    const { log, ask, swap } = scene();
    ask('a');
    ask('a');
    expect([log, swap.list()]).toEqual([[], [{ model: 'a', state: 'starting' }]]);
    pause(40);
    expect([log, swap.list()]).toEqual([['a', 'a'], [{ model: 'a', state: 'ready' }]]);
  });

  test('waits for requests under way before it unloads their model', () => {
    const { log, ask, swap } = scene();
    ask('a');
    pause(40);
    ask('b');
    pause(40);
    expect(log).toEqual(['a']);
    swap.release('a');
    pause(40);
    expect([log, swap.list()]).toEqual([['a', 'b'], [{ model: 'b', state: 'ready' }]]);
  });

  test('groups requests by model instead of first come, first served', () => {
    const { log, ask, swap } = scene();
    for (const model of ['a', 'b', 'c', 'a', 'b', 'c']) ask(model);
    for (let round = 0; round < 3; round++) {
      pause(40);
      const model = log.at(-1) ?? '';
      swap.release(model);
      swap.release(model);
    }
    expect(log).toEqual(['a', 'a', 'b', 'b', 'c', 'c']);
  });

  test('makes newcomers wait once another model has its turn', () => {
    const { log, ask, swap } = scene();
    ask('a');
    pause(40);
    ask('b');
    ask('a');
    swap.release('a');
    pause(40);
    expect(log).toEqual(['a', 'b']);
  });

  test('forgets a client that left the queue', () => {
    const { log, ask, swap } = scene();
    const leaver = ask('a');
    swap.leave(leaver);
    pause(40);
    expect([log, swap.isReady('a')]).toEqual([[], true]);
  });

  test('refuses beyond the limit, counting who waits and who is served', () => {
    const { log, ask, swap } = scene({ concurrencyLimit: 2 });
    ask('a');
    ask('a');
    ask('a');
    expect(log).toEqual(['a too-many']);
    pause(40);
    ask('a');
    expect(log).toEqual(['a too-many', 'a', 'a', 'a too-many']);
    swap.release('a');
    ask('a');
    expect(log.at(-1)).toBe('a');
  });

  test('tells everyone who waits when a start fails, and goes on with the next model', () => {
    const { log, ask } = scene({ failStart: ['a'] });
    ask('a');
    ask('a');
    ask('b');
    pause(60);
    expect(log).toEqual(['a start-failed', 'a start-failed', 'b']);
  });

  test('cuts off who is served and who waits when models are unloaded', () => {
    const { log, ask, swap } = scene();
    ask('a');
    pause(40);
    swap.onStopped('a', () => log.push('a stopped'));
    ask('b');
    swap.unload();
    expect(log).toEqual(['a', 'a stopped', 'b unloaded']);
    expect(swap.list()).toEqual([]);
  });

  test('unloads a model that was idle for its time', () => {
    const { ask, swap } = scene({ ttlSeconds: 0.03 });
    ask('a');
    pause(30);
    swap.release('a');
    expect(swap.list()).toHaveLength(1);
    pause(60);
    expect(swap.list()).toEqual([]);
  });
});
