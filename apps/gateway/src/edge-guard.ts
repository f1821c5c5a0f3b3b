import { randomUUID } from 'node:crypto';
import { type ServerResponse } from 'node:http';
import {
  addCommonHeaders,
  ANONYMOUS,
  BadRequestError,
  GatewayError,
  type GatewayRequest,
  MethodNotAllowedError,
} from '@app/call';
import { writeError } from './write-error.js';

const METHODS = new Set(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS']);
const HOST = /^(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/;
/** The paths that are nearly all: nothing encoded, no segment that begins with a dot. */
const PLAIN_PATH = /^(?:\/[A-Za-z0-9_~-][A-Za-z0-9_~.:@-]*)*\/?$/;
const FORBIDDEN_PATH = /\/\/|\/\.\.?(?:\/|$)|[\\;]|%(?:00|2e|5c)|%(?![0-9a-f]{2})/i;
/** Where a model or key name may stand in the path, and with it an encoded slash. */
const NAME_IN_PATH = /^\/(?:engines|openai\/deployments|v1\/models|models|v1\/search|search|key|model)\//;
const CALL_ID = /^[\w.:-]{1,128}$/;
const SINGLE = new Set(['host', 'authorization', 'content-type', 'content-length']);
const MAX_HEADERS = 100;

/**
 * The first to see a request: one Host, a plain target, no header twice that decides anything. What Node and
 * Express accept beyond that is what request smuggling and guards that read another path live on.
 */
export function edgeGuard(isDraining: () => boolean) {
  return (req: GatewayRequest, res: ServerResponse, next: () => void): void => {
    identify(req, res);
    if (isDraining()) res.setHeader('connection', 'close');
    const refusal = judgeHeaders(req) ?? judgeTarget(req);
    if (refusal) writeError(res, refusal);
    else next();
  };
}

/** Gives the request its id, and its answer, whatever that will be, the headers that all have in common. */
export function identify(req: GatewayRequest, res: ServerResponse): void {
  req.receivedAtMs = performance.now();
  req.caller = ANONYMOUS;
  const given = req.headers['x-litellm-call-id'];
  req.callId = typeof given === 'string' && CALL_ID.test(given) ? given : randomUUID();
  addCommonHeaders(
    res,
    'x-request-id',
    req.callId,
    'x-litellm-call-id',
    req.callId,
    'x-content-type-options',
    'nosniff',
    'content-security-policy',
    "default-src 'none'; frame-ancestors 'none'; sandbox",
  );
}

function judgeHeaders(req: GatewayRequest): GatewayError | null {
  if (req.httpVersion !== '1.1' && req.httpVersion !== '1.0') {
    return closing(505, 'This HTTP version is not supported.');
  }
  if (!METHODS.has(req.method)) return new MethodNotAllowedError('This method is not supported.');
  const raw = req.rawHeaders;
  if (raw.length > MAX_HEADERS * 2) return closing(431, `More than ${MAX_HEADERS} headers.`);
  let seen = '';
  for (let i = 0; i < raw.length; i += 2) {
    const name = (raw[i] ?? '').toLowerCase();
    if (SINGLE.has(name)) {
      if (seen.includes(name)) return closing(400, `The header ${name} is given twice.`);
      seen += ` ${name}`;
    } else if (name.includes('_') && !name.startsWith('langfuse_')) {
      return closing(400, 'Header names with an underscore are not accepted.');
    }
  }
  if (!HOST.test(req.headers.host ?? '')) return closing(400, 'The Host header is missing or not valid.');
  if (req.headers.trailer !== undefined) return closing(400, 'Trailers are not accepted.');
  return null;
}

function judgeTarget(req: GatewayRequest): GatewayError | null {
  const query = req.url.indexOf('?');
  const path = query < 0 ? req.url : req.url.slice(0, query);
  if (PLAIN_PATH.test(path)) return null;
  const encodedSlash = /%2f/i.test(path) && !NAME_IN_PATH.test(path);
  if (!path.startsWith('/') || FORBIDDEN_PATH.test(path) || encodedSlash) {
    return new BadRequestError('The request target is not valid.');
  }
  return null;
}

const closing = (status: number, message: string): GatewayError =>
  new GatewayError(status, 'invalid_request_error', message, { headers: { connection: 'close' } });
