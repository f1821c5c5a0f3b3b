import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';

/** One line: a byte for its kind, eight digits of its sum, JSON. */
interface Line {
  readonly kind: string;
  readonly json: string;
}

const PREFIX = 9;
const SEGMENT_BYTES = 8 * 1024 * 1024;
const CALL_KINDS = new Set(['B', 'E']);
/** What begins an id is its time; the rest is anybody's. */
const ID = /^\{"id":"([0-9a-f-]{24})([0-9a-f]{12})"/;

/**
 * Makes a journal of about `records` lines out of one that a dead process has left: its calls again and again, each time
 * under ids of their own, in further segments of the same process. Answers how many calls it tells of.
 */
export function lengthen(folder: string, records: number): number {
  const [name = ''] = readdirSync(folder).filter((file) => file.endsWith('.journal'));
  const lines = linesOf(readFileSync(join(folder, name), 'utf8'));
  const head = lines.filter(({ kind }) => !CALL_KINDS.has(kind));
  const calls = lines.filter(({ kind }) => CALL_KINDS.has(kind));
  const known = new Set(calls.map(({ json }) => ID.exec(json)?.[2]));
  const copies = Math.ceil(records / calls.length);
  let [sequence, text] = [0, ''];
  const flush = (): void => {
    sequence += 1;
    writeFileSync(
      join(
        folder,
        name.replace(/\d{8}(?=\.journal$)/, () => String(sequence).padStart(8, '0')),
      ),
      text,
    );
    text = '';
  };
  for (let copy = 1; copy <= copies; copy += 1) {
    if (text === '') text = head.map(textOf).join('');
    for (const line of calls) text += textOf(renamed(line, copy));
    if (text.length > SEGMENT_BYTES) flush();
  }
  if (text !== '') flush();
  return (copies + 1) * known.size;
}

const linesOf = (text: string): Line[] =>
  text
    .split('\n')
    .slice(0, -1)
    .map((line) => ({ kind: line.charAt(0), json: line.slice(PREFIX) }));

function renamed({ kind, json }: Line, copy: number): Line {
  const place = (copy * 0x1000000).toString(16).padStart(12, '0');
  return {
    kind,
    json: json.replace(ID, (_, time: string, rest: string) => {
      const id = (BigInt(`0x${rest}`) ^ BigInt(`0x${place}`)).toString(16).padStart(12, '0');
      return `{"id":"${time}${id}"`;
    }),
  };
}

function textOf({ kind, json }: Line): string {
  const sum = crc32(json, kind.charCodeAt(0)).toString(16).padStart(8, '0');
  return `${kind}${sum}${json}\n`;
}
