export interface Part {
  name: string;
  filename: string | null;
  type: string | null;
  data: Buffer;
}

const BLANK_LINE = Buffer.from('\r\n\r\n');

/** The parts of a buffered multipart form, in order; undefined when it is none. */
export function readMultipart(contentType: string, body: Buffer): Part[] | undefined {
  const boundary = /boundary="?([^";]+)"?/i.exec(contentType)?.[1];
  if (boundary === undefined) return undefined;
  const mark = Buffer.from(`--${boundary}`);
  const parts: Part[] = [];
  let at = body.indexOf(mark);
  while (at !== -1) {
    const start = at + mark.length;
    const end = body.indexOf(mark, start);
    if (end === -1) break;
    // Each part sits between CRLF after its mark and CRLF before the next one.
    const part = readPart(body.subarray(start + 2, end - 2));
    if (part !== undefined) parts.push(part);
    at = end;
  }
  return parts;
}

function readPart(bytes: Buffer): Part | undefined {
  const split = bytes.indexOf(BLANK_LINE);
  if (split === -1) return undefined;
  const headers = bytes.subarray(0, split).toString('utf8');
  const name = /[; ]name="?([^"\r\n;]*)"?/i.exec(headers)?.[1];
  if (name === undefined) return undefined;
  return {
    name,
    filename: /filename="?([^"\r\n]*)"?/i.exec(headers)?.[1] ?? null,
    type: /^content-type:\s*(\S+)/im.exec(headers)?.[1] ?? null,
    data: bytes.subarray(split + BLANK_LINE.length),
  };
}
