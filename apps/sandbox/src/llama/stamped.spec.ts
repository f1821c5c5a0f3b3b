import { expect, test } from '@jest/globals';
import { stamped } from './stamped.js';

test('events carry the time at which they were written, and what is no event stays as it is', () => {
  const before = process.hrtime.bigint() / 1_000n;
  const frames = stamped(
    [
      { data: 'data: {"choices":[]}\n\n', tokens: 1 },
      { data: 'data: [DONE]\n\n', tokens: 0 },
    ].values(),
  );
  const { data, tokens } = frames.next().value ?? { data: '', tokens: 0 };
  const event = JSON.parse(String(data).slice(6)) as { written_us: number; choices: unknown[] };
  expect(tokens).toBe(1);
  expect(event.choices).toEqual([]);
  expect(event.written_us).toBeGreaterThanOrEqual(Number(before));
  expect(event.written_us).toBeLessThanOrEqual(Number(process.hrtime.bigint() / 1_000n));
  expect(frames.next().value?.data).toBe('data: [DONE]\n\n');
  expect(frames.next().done).toBe(true);
});
