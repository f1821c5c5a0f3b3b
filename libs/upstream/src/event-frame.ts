const LF = 0x0a;
const SPACE = 0x20;
const COLON = 0x3a;
const OPEN_BRACE = 0x7b;

/** One server-sent event, as it stands in `bytes`. */
export interface EventFrame {
  /** Of the `event:` line; null where there is none. */
  readonly name: string | null;
  /** Where the data is: `bytes` from `from` to `to`, which are equal where there is none. */
  readonly bytes: Buffer;
  readonly from: number;
  readonly to: number;
  /** The text of an `error:` line, or of an object that stands in the stream bare; null in all proper frames. */
  readonly stray: string | null;
}

/** Reads the lines of one frame, which end with LF. Comments, ids and retry times are left out. */
export function readFrame(bytes: Buffer, start: number, end: number): EventFrame {
  let name: string | null = null;
  let stray: string | null = null;
  const data: (readonly [from: number, to: number])[] = [];
  for (let at = start; at < end;) {
    const found = bytes.indexOf(LF, at);
    const lineEnd = found < 0 || found > end ? end : found;
    const first = bytes[at];
    if (first === OPEN_BRACE) stray = bytes.toString('utf8', at, lineEnd);
    else if (first !== COLON) {
      const colon = bytes.indexOf(COLON, at);
      const field = colon < 0 || colon > lineEnd ? '' : bytes.toString('latin1', at, colon);
      const from = bytes[colon + 1] === SPACE ? colon + 2 : colon + 1;
      if (field === 'data') data.push([from, lineEnd]);
      else if (field === 'event') name = bytes.toString('utf8', from, lineEnd);
      else if (field === 'error') stray = bytes.toString('utf8', from, lineEnd);
    }
    at = lineEnd + 1;
  }
  const [only] = data;
  if (data.length <= 1) return { name, stray, bytes, from: only?.[0] ?? 0, to: only?.[1] ?? 0 };
  // A line end between two data lines can only stand between JSON tokens.
  const joined = Buffer.from(data.map(([from, to]) => bytes.toString('utf8', from, to)).join(' '));
  return { name, stray, bytes: joined, from: 0, to: joined.length };
}
