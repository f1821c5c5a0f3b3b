import { type IncomingMessage } from 'node:http';
import {
  BadRequestError,
  ClientClosedRequestError,
  type GatewayError,
  PayloadTooLargeError,
  SlowRequestError,
  UnsupportedMediaTypeError,
} from '@app/call';

const MAX_BYTES = 192 * 1024;
const MAX_FIELDS = 2_000;
const PATIENCE_MS = 10_000;
const FORM_TYPE = /^application\/x-www-form-urlencoded\s*(?:;|$)/i;

/** The fields of a posted form. */
export class Form {
  constructor(private readonly fields: URLSearchParams) {}

  /** Trimmed; empty where the field is missing. */
  text(name: string): string {
    return (this.fields.get(name) ?? '').trim();
  }

  /** As it was sent; null where it was not. */
  get(name: string): string | null {
    return this.fields.get(name);
  }

  list(name: string): string[] {
    return this.fields.getAll(name).filter((value) => value !== '');
  }
}

/** @throws BadRequestError, PayloadTooLargeError, SlowRequestError, UnsupportedMediaTypeError */
export async function readForm(req: IncomingMessage): Promise<Form> {
  if (!FORM_TYPE.test(req.headers['content-type'] ?? '') || req.headers['content-encoding'] !== undefined) {
    throw new UnsupportedMediaTypeError('Send the form as a browser does.');
  }
  const fields = new URLSearchParams((await bytesOf(req)).toString('utf8'));
  if (fields.size > MAX_FIELDS) throw new BadRequestError('The form has too many fields.');
  for (const [, value] of fields) {
    if (value.includes('\0')) throw new BadRequestError('Text may not contain NUL characters.');
  }
  return new Form(fields);
}

function bytesOf(req: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const fail = (error: GatewayError): void => {
      clearTimeout(timer);
      req.removeListener('data', take);
      req.pause();
      reject(error);
    };
    const timer = setTimeout(() => fail(new SlowRequestError()), PATIENCE_MS).unref();
    const take = (chunk: Buffer): void => {
      size += chunk.length;
      if (size > MAX_BYTES) fail(new PayloadTooLargeError(MAX_BYTES));
      else chunks.push(chunk);
    };
    req.on('data', take);
    req.once('end', () => {
      clearTimeout(timer);
      resolve(Buffer.concat(chunks, size));
    });
    req.once('close', () => {
      if (!req.complete) fail(new ClientClosedRequestError());
    });
  });
}
