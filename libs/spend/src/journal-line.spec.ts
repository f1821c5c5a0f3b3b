import { describe, expect, test } from '@jest/globals';
import { encodeLine, LINE, scanLines } from './journal-line.js';

function lines(...texts: string[]): Buffer {
  const target = Buffer.alloc(64 * 1024);
  return Buffer.concat(
    texts.map((text) => Buffer.from(target.subarray(0, encodeLine(target, LINE.ended, text)))),
  );
}

function read(bytes: Buffer): { texts: string[]; damaged: number; consumed: number } {
  const texts: string[] = [];
  const scan = scanLines(bytes, (_, start, end) => {
    texts.push(bytes.toString('utf8', start, end));
    return true;
  });
  return { texts, ...scan };
}

describe('lines of the journal', () => {
  test('are read as they were written', () => {
    const texts = ['{}', '{"a":"ключ 👩‍🚀"}', `{"b":"${'x'.repeat(10_000)}"}`];
    expect(read(lines(...texts)).texts).toEqual(texts);
  });

  test('carry their kind and the checksum that zlib computes', () => {
    const target = Buffer.alloc(100);
    const length = encodeLine(target, LINE.begun, '{"id":1}');
    expect(target.toString('utf8', 0, length)).toMatch(/^B[0-9a-f]{8}\{"id":1\}\n$/);
  });

  test('a torn last line waits for its rest', () => {
    const bytes = lines('{"a":1}', '{"a":2}');
    const { texts, consumed, damaged } = read(bytes.subarray(0, -3));
    expect({ texts, damaged }).toEqual({ texts: ['{"a":1}'], damaged: 0 });
    expect(bytes.subarray(consumed).toString()).toMatch(/\{"a":2\}\n$/);
  });

  test('no single flipped bit goes unnoticed, and it costs the lines it touches', () => {
    const texts = ['{"a":1}', '{"b":"two"}', '{"c":3}'];
    const bytes = lines(...texts);
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const flipped = Buffer.from(bytes);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const { texts: found } = read(flipped);
      expect(found.every((text) => texts.includes(text))).toBe(true);
      // A newline that is hit joins two lines; one that appears cuts a line in two.
      expect(found.length).toBeGreaterThanOrEqual(1);
      expect(found.length).toBeLessThan(3);
    }
  });

  test('noise between lines is counted and skipped', () => {
    const bytes = Buffer.concat([lines('{"a":1}'), Buffer.from('garbage\n\n\0\0\n'), lines('{"a":2}')]);
    expect(read(bytes)).toMatchObject({ texts: ['{"a":1}', '{"a":2}'], damaged: 3 });
  });

  test('a page of zeros is one damaged line', () => {
    const bytes = Buffer.concat([Buffer.alloc(4096), lines('{"lost":1}', '{"a":2}')]);
    expect(read(bytes)).toMatchObject({ texts: ['{"a":2}'], damaged: 1 });
  });

  test('a line under another kind is damaged', () => {
    const bytes = lines('{"a":1}');
    bytes[0] = LINE.begun;
    expect(read(bytes)).toMatchObject({ texts: [], damaged: 1 });
  });

  test('reading stops where the visitor says so', () => {
    const bytes = lines('{"a":1}', '{"a":2}');
    const { consumed } = scanLines(bytes, () => false);
    expect(consumed).toBe(bytes.length / 2);
  });
});
