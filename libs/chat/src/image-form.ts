import { Busboy } from '@fastify/busboy';
import { randomUUID } from 'node:crypto';
import { type IncomingMessage } from 'node:http';
import { BadRequestError, readBytes, UnsupportedMediaTypeError } from '@app/call';

const LIMITS = {
  fieldNameSize: 100,
  fieldSize: 64 * 1024,
  fields: 32,
  files: 17,
  parts: 50,
  headerPairs: 32,
} as const;
const FORM_TYPE = /^multipart\/form-data\s*;.*boundary=/i;
const FIELD_NAME = /^(?!__proto__$)[A-Za-z_][\w.-]*(?:\[\w*\])?$/;
const FILE_TYPE = /^[\w.+-]+\/[\w.+-]+$/;

/** A field, or a file with its bytes. */
export interface FormPart {
  readonly name: string;
  readonly value: Buffer;
  /** Null for a field. */
  readonly contentType: string | null;
}

/**
 * Reads a form of pictures and fields, whole: pictures are small.
 * @throws BadRequestError 400, PayloadTooLargeError 413, UnsupportedMediaTypeError 415
 */
export async function readImageForm(req: IncomingMessage, limitBytes: number): Promise<readonly FormPart[]> {
  const type = req.headers['content-type'] ?? '';
  if (!FORM_TYPE.test(type)) {
    throw new UnsupportedMediaTypeError(
      'Send the picture as a form, with `Content-Type: multipart/form-data`.',
    );
  }
  const bytes = await readBytes(req, limitBytes);
  const parser = parserFor(type);
  const parts: FormPart[] = [];
  await new Promise<void>((resolve, reject) => {
    const fail = (cause?: unknown): void => reject(notValid(cause));
    parser
      .on('field', (name, value, isNameCut, isValueCut) => {
        if (isNameCut || isValueCut) fail();
        parts.push({ name, value: Buffer.from(value), contentType: null });
      })
      .on('file', (...[name, stream, , , contentType]) => {
        const chunks: Buffer[] = [];
        stream.on('data', (chunk: Buffer) => chunks.push(chunk));
        stream.on('error', fail);
        stream.once('end', () => parts.push({ name, value: Buffer.concat(chunks), contentType }));
      })
      .on('partsLimit', () => fail())
      .on('fieldsLimit', () => fail())
      .on('filesLimit', () => fail())
      .on('error', fail)
      .on('finish', () => resolve());
    parser.end(bytes);
  });
  check(parts);
  return parts;
}

/** It throws for a boundary that is none. */
function parserFor(type: string): InstanceType<typeof Busboy> {
  try {
    return new Busboy({ headers: { 'content-type': type }, limits: LIMITS });
  } catch (cause) {
    throw notValid(cause);
  }
}

const notValid = (cause?: unknown): BadRequestError =>
  new BadRequestError('The form is not valid, or ends too early.', 'request_body', { cause });

function check(parts: readonly FormPart[]): void {
  const seen = new Set<string>();
  for (const { name, contentType } of parts) {
    if (!FIELD_NAME.test(name) || (contentType !== null && !FILE_TYPE.test(contentType))) {
      throw new BadRequestError(
        'A part of the form has a name or type that is not valid.',
        name.slice(0, 64),
      );
    }
    if (!name.endsWith(']') && seen.has(name) && name !== 'image') {
      throw new BadRequestError('A field of the form is given twice.', name);
    }
    seen.add(name);
  }
}

/** Fields that are no text where the same is said in JSON. */
const TYPED = new Set(['n', 'stream']);

/** The fields of a form, as a JSON object would have them. */
export function fieldsOf(parts: readonly FormPart[]): Record<string, string | number | boolean> {
  return Object.fromEntries(
    parts
      .filter(({ contentType }) => contentType === null)
      .map(({ name, value }) => [name, valueOf(name, value)]),
  );
}

function valueOf(name: string, value: Buffer): string | number | boolean {
  const text = value.toString();
  if (!TYPED.has(name)) return text;
  if (text === 'true' || text === 'false') return text === 'true';
  return /^\d{1,9}$/.test(text) ? Number(text) : text;
}

/** The form as it goes to a backend. File names are of no use there and stay here. */
export function formBody(parts: readonly FormPart[]): {
  readonly body: Buffer[];
  readonly contentType: string;
} {
  const boundary = `form-${randomUUID()}`;
  const body = parts.flatMap(({ name, value, contentType }, index) => {
    const file = contentType === null ? '' : `; filename="picture-${index}"\r\nContent-Type: ${contentType}`;
    const head = `--${boundary}\r\nContent-Disposition: form-data; name="${name}"${file}\r\n\r\n`;
    return [Buffer.from(head), value, Buffer.from('\r\n')];
  });
  return {
    body: [...body, Buffer.from(`--${boundary}--\r\n`)],
    contentType: `multipart/form-data; boundary=${boundary}`,
  };
}
