import { describe, expect, test } from '@jest/globals';
import { LINE, MAX_LINE_BYTES, scanLines } from './journal-line.js';
import { LineArena } from './line-arena.js';

function textsIn(chunks: readonly Buffer[]): string[] {
  const texts: string[] = [];
  for (const chunk of chunks) {
    const { consumed, damaged } = scanLines(chunk, (_, start, end) => {
      texts.push(chunk.toString('utf8', start, end));
      return true;
    });
    expect({ consumed, damaged }).toEqual({ consumed: chunk.length, damaged: 0 });
  }
  return texts;
}

describe('lines that wait for the disk', () => {
  test('stand where encode says, as they are written to the file', () => {
    const arena = new LineArena();
    arena.encode(LINE.ended, '{"a":1}');
    const { chunk, start, length } = arena.encode(LINE.ended, '{"b":"ключ"}');
    expect(textsIn([chunk.subarray(start, start + length)])).toEqual(['{"b":"ключ"}']);
  });

  test('are taken out in order, however many chunks they fill', () => {
    const arena = new LineArena();
    const texts = Array.from({ length: 60 }, (_, index) => `{"row":"${index} ${'x'.repeat(40_000)}"}`);
    for (const text of texts) arena.encode(LINE.ended, text);
    expect(textsIn(arena.take())).toEqual(texts);
    expect(arena.isEmpty).toBe(true);
    expect(arena.take()).toEqual([]);
  });

  test('keep their bytes while later lines are written', () => {
    const arena = new LineArena();
    arena.encode(LINE.ended, '{"first":1}');
    const taken = arena.take();
    arena.encode(LINE.ended, '{"later":2}');
    expect(textsIn(taken)).toEqual(['{"first":1}']);
  });

  test('a buffer that is not needed any more is used again', () => {
    const arena = new LineArena();
    arena.encode(LINE.ended, '{"a":1}');
    const taken = arena.take();
    arena.recycle(taken);
    arena.encode(LINE.ended, '{"b":1}');
    arena.take();
    const { chunk } = arena.encode(LINE.ended, '{"c":1}');
    expect(chunk.buffer).toBe(taken[0]?.buffer);
  });

  test('the longest line fits, wherever the last one ended', () => {
    const arena = new LineArena();
    const longest = `"${'x'.repeat(MAX_LINE_BYTES - 20)}"`;
    for (let index = 0; index < 9; index++) {
      arena.encode(LINE.ended, `"${'y'.repeat(index * 9_000)}"`);
      const { chunk, start, length } = arena.encode(LINE.ended, longest);
      expect(textsIn([chunk.subarray(start, start + length)])).toEqual([longest]);
    }
  });
});
