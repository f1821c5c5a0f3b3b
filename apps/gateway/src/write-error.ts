import { randomUUID } from 'node:crypto';
import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import { type Duplex } from 'node:stream';
import { ClientClosedRequestError, contentTypeOf, GatewayError } from '@app/call';
import { errorShapeOf } from './error-shapes.js';
import { linger } from './linger.js';

/**
 * Writes an error as the reply. Where a stream has begun the error becomes its last event; any
 * other answer that has begun is cut, so that nobody takes it for whole.
 */
export function writeError(res: ServerResponse, error: GatewayError): void {
  // In the next turn a body that came with its head has been parsed, and the connection can be used again.
  if (isUnread(res.req) && !res.headersSent) setImmediate(write, res, error);
  else write(res, error);
}

function write(res: ServerResponse, error: GatewayError): void {
  if (res.destroyed || res.writableEnded) return;
  const shape = errorShapeOf(res.req.url);
  if (res.headersSent) {
    // Who has left, or takes nothing any more, reads no error either.
    if (isEventStream(res) && !(error instanceof ClientClosedRequestError)) res.end(shape.event(error));
    else res.destroy();
    return;
  }
  const body = JSON.stringify(shape.body(error));
  for (const [name, value] of Object.entries(error.headers)) res.setHeader(name, value);
  const isLeft = isUnread(res.req);
  if (isLeft) res.setHeader('connection', 'close');
  res.statusCode = error.status;
  res.setHeader('content-type', 'application/json');
  res.setHeader('content-length', Buffer.byteLength(body));
  if (!isLeft) {
    res.end(body);
    return;
  }
  res.write(body);
  linger(res.req, () => res.end());
}

const isUnread = ({ complete, headers }: IncomingMessage): boolean =>
  !complete && (headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0);

const isEventStream = (res: ServerResponse): boolean => contentTypeOf(res).startsWith('text/event-stream');

const PARSER_STATUS: Readonly<Record<string, number>> = {
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
};

/** Answers what never became a request, and closes. */
export function writeSocketError(cause: Error & { readonly code?: string }, socket: Duplex): void {
  if (!socket.writable || cause.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const status = PARSER_STATUS[cause.code ?? ''] ?? 400;
  const reason = STATUS_CODES[status] ?? 'Bad Request';
  const error = new GatewayError(status, 'invalid_request_error', `${reason}.`);
  const body = JSON.stringify(errorShapeOf(undefined).body(error));
  const id = randomUUID();
  socket.end(
    `HTTP/1.1 ${status} ${reason}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n` +
      `x-request-id: ${id}\r\nx-litellm-call-id: ${id}\r\n` +
      `x-content-type-options: nosniff\r\nconnection: close\r\n\r\n${body}`,
  );
}
