import { stringEnd } from '@app/call';

const QUOTE = 0x22;
const COLON = 0x3a;
/** Members of a choice whose text is what the model produced. */
const CONTENT_NAMES = ['content', 'reasoning_content', 'reasoning', 'arguments', 'text', 'refusal'].map(
  (name) => Buffer.from(`"${name}"`),
);

/** Bytes of produced text in the JSON of `choices`, by walking its strings; nothing is decoded. */
export function contentLength(bytes: Buffer, from: number, to: number): number {
  let length = 0;
  let nameIsContent = false;
  for (let i = from; i < to; i++) {
    if (bytes[i] !== QUOTE) continue;
    const end = stringEnd(bytes, i, to);
    if (end < 0) return length;
    if (bytes[end] === COLON) nameIsContent = isContentName(bytes, i, end);
    else if (nameIsContent) {
      length += end - i - 2;
      nameIsContent = false;
    }
    i = end - 1;
  }
  return length;
}

function isContentName(bytes: Buffer, start: number, end: number): boolean {
  for (const name of CONTENT_NAMES) {
    if (name.length === end - start && bytes.compare(name, 0, name.length, start, end) === 0) return true;
  }
  return false;
}
