import { crc32 } from 'node:zlib';
import { built, cut, must, type Target } from '../target.ts';

interface Scan {
  readonly consumed: number;
  readonly damaged: number;
}

const { encodeLine, scanLines } = await built<{
  readonly encodeLine: (target: Buffer, kind: number, json: string) => number;
  readonly scanLines: (bytes: Buffer, visit: (kind: number, start: number, end: number) => boolean) => Scan;
}>('libs/spend/src/journal-line.js');

const NEWLINE = 0x0a;
const PREFIX_BYTES = 9;
const KIND = 0x45;

function encoded(json: string): string {
  const buffer = Buffer.alloc(json.length * 3 + 16);
  return buffer.toString('latin1', 0, encodeLine(buffer, KIND, json));
}

/** All lines, read in pieces as they arrive: what is behind the last newline waits for the rest. */
function linesOf(pieces: readonly Buffer[]): {
  readonly lines: string[];
  readonly damaged: number;
  readonly left: number;
} {
  const lines: string[] = [];
  let damaged = 0;
  let unread: Buffer = Buffer.alloc(0);
  for (const piece of pieces) {
    const bytes = Buffer.concat([unread, piece]);
    const scan = scanLines(bytes, (kind, start, end) => {
      const sum = crc32(bytes.subarray(start, end), kind).toString(16).padStart(8, '0');
      must(bytes.toString('latin1', start - PREFIX_BYTES + 1, start) === sum, 'a line whose sum is another');
      must(!bytes.subarray(start, end).includes(NEWLINE), 'a line of two lines');
      lines.push(`${kind}${bytes.toString('latin1', start, end)}`);
      return true;
    });
    must(scan.consumed <= bytes.length, 'more consumed than there is');
    must(scan.consumed === 0 || bytes[scan.consumed - 1] === NEWLINE, 'half a line consumed');
    damaged += scan.damaged;
    unread = bytes.subarray(scan.consumed);
  }
  return { lines, damaged, left: unread.length };
}

export const JOURNAL: Target = {
  name: 'journal',
  maxBytes: 2_048,
  seeds: [
    encoded('{"at":1,"cost":5}') + encoded('{"first":1,"words":["a"]}'),
    `${encoded('{}')}torn${encoded('{"a":1}')}E0123`,
    `E${'0'.repeat(8)}\n\n\nG12345678{}\n`,
  ],
  words: [encoded('{}'), encoded('{"a":1}'), '\n', 'E', 'W', 'S', '00000000', 'ffffffff', 'FFFFFFFF', '\0'],
  run: (input) => {
    const whole = linesOf([input]);
    const newlines = input.reduce((count, byte) => count + (byte === NEWLINE ? 1 : 0), 0);
    must(
      whole.lines.length + whole.damaged === newlines,
      `${newlines} lines, ${whole.lines.length} read, ${whole.damaged} damaged`,
    );
    const other = linesOf(cut(input, 11));
    must(JSON.stringify(other) === JSON.stringify(whole), 'cut elsewhere, it reads otherwise');
    // Whatever stands before it: a line that was written whole is read.
    const json = '{"kept":true}';
    const after = Buffer.concat([input, Buffer.from(`\n${encoded(json)}`, 'latin1')]);
    must(linesOf([after]).lines.at(-1) === `${KIND}${json}`, 'a line behind damage is lost');
  },
};
