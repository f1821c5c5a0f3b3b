import { isUtf8 } from 'node:buffer';
import { type IncomingMessage } from 'node:http';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { type Transform } from 'node:stream';
import {
  BadRequestError,
  ClientClosedRequestError,
  type GatewayError,
  PayloadTooLargeError,
  SlowRequestError,
  UnsupportedMediaTypeError,
} from './errors.js';
import { type JsonBody, parseJsonBody } from './json-body.js';
import { watchPace } from './watch-pace.js';

const JSON_TYPE = /^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i;
const CHARSET = /;\s*charset\s*=\s*"?([\w-]+)/i;

/**
 * Reads and judges the JSON body of a request.
 * @param limitBytes of the decompressed body
 * @throws BadRequestError 400, SlowRequestError 408, PayloadTooLargeError 413, UnsupportedMediaTypeError 415
 */
export async function readJson(req: IncomingMessage, limitBytes: number): Promise<JsonBody> {
  requireJson(req);
  const bytes = await readBytes(req, limitBytes);
  if (bytes.length === 0)
    throw new BadRequestError('Invalid JSON payload: the body is empty.', 'request_body');
  if (!isUtf8(bytes)) throw new BadRequestError('Invalid JSON payload: not valid UTF-8.', 'request_body');
  return parseJsonBody(bytes);
}

function requireJson(req: IncomingMessage): void {
  const type = req.headers['content-type'];
  if (type === 'application/json') return;
  if (type === undefined || !JSON_TYPE.test(type)) {
    throw new UnsupportedMediaTypeError('Send the request body with `Content-Type: application/json`.');
  }
  const charset = CHARSET.exec(type)?.[1]?.toLowerCase();
  if (charset !== undefined && charset !== 'utf-8' && charset !== 'utf8') {
    throw new UnsupportedMediaTypeError('Send JSON in UTF-8.');
  }
}

/**
 * The whole body, decompressed, at most `limitBytes`; the sender is held to a minimum speed.
 * @throws BadRequestError 400, SlowRequestError 408, PayloadTooLargeError 413, UnsupportedMediaTypeError 415
 */
export function readBytes(req: IncomingMessage, limitBytes: number): Promise<Buffer> {
  if (Number(req.headers['content-length'] ?? 0) > limitBytes) {
    return Promise.reject(new PayloadTooLargeError(limitBytes));
  }
  const source = decompressed(req);
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const unwatch = watchPace(
      () => size,
      () => fail(new SlowRequestError()),
    );
    const finish = (): void => {
      unwatch();
      source.removeListener('data', onData);
      req.removeListener('close', onClose);
    };
    const fail = (error: GatewayError): void => {
      finish();
      req.pause();
      if (source !== req) {
        req.unpipe();
        source.destroy();
      }
      reject(error);
    };
    const onData = (chunk: Buffer): void => {
      size += chunk.length;
      if (size > limitBytes) fail(new PayloadTooLargeError(limitBytes));
      else chunks.push(chunk);
    };
    const onClose = (): void => {
      if (!req.complete) fail(new ClientClosedRequestError());
    };
    source.on('data', onData);
    source.once('end', () => {
      finish();
      resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks, size));
    });
    source.once('error', (cause) => {
      fail(new BadRequestError('The request body cannot be read.', 'request_body', { cause }));
    });
    req.once('close', onClose);
  });
}

function decompressed(req: IncomingMessage): IncomingMessage | Transform {
  const encoding = req.headers['content-encoding']?.trim().toLowerCase() ?? 'identity';
  if (encoding === 'identity' || encoding === '') return req;
  const decoder = decoderFor(encoding);
  if (!decoder)
    throw new UnsupportedMediaTypeError('Use one of gzip, deflate, br as content encoding, once.');
  req.once('error', (error) => decoder.destroy(error));
  return req.pipe(decoder);
}

function decoderFor(encoding: string): Transform | null {
  if (encoding === 'gzip' || encoding === 'x-gzip') return createGunzip();
  if (encoding === 'deflate') return createInflate();
  if (encoding === 'br') return createBrotliDecompress();
  return null;
}
