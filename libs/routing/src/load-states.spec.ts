import { expect, test } from '@jest/globals';
import { readRunning } from './load-states.js';

test('the models that llama-swap runs are read with their state, and nothing else of them', () => {
  const running = readRunning({
    running: [
      { model: 'qwen3', state: 'ready', cmd: 'llama-server --api-key secret', proxy: 'http://127.0.0.1:9' },
      { model: 'gemma3', state: 'starting' },
      { model: 'old', state: 'stopping' },
      { model: 'odd', state: 'dancing' },
      { model: 7, state: 'ready' },
      'nonsense',
    ],
  });
  expect([...(running ?? [])]).toEqual([
    ['qwen3', 'ready'],
    ['gemma3', 'starting'],
    ['old', 'stopping'],
  ]);
});

test.each([[null], ['OK'], [{ running: null }], [{}], [[]]])('%j tells nothing', (answer) => {
  expect(readRunning(answer)).toBeNull();
});
