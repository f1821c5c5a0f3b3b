import type { Exchange } from '../core/exchange.js';
import type { LlamaSettings } from './llama-settings.js';

/** What llama-swap itself refuses for. */
export type Refusal =
  'no-model' | 'unknown-model' | 'unauthorized' | 'too-many' | 'start-failed' | 'unloaded';

interface Wording {
  status: number;
  /** Status of builds up to v217, where it differs. */
  oldStatus?: number;
  message: string;
  type: string;
  code: string;
}

const WORDINGS: Record<Refusal, Wording> = {
  'no-model': {
    status: 404,
    oldStatus: 400,
    message: "missing or invalid 'model' key",
    type: 'invalid_request_error',
    code: 'not_found',
  },
  'unknown-model': {
    status: 404,
    oldStatus: 400,
    message: 'could not find suitable handler for the requested model',
    type: 'invalid_request_error',
    code: 'not_found',
  },
  unauthorized: {
    status: 401,
    message: 'unauthorized: invalid or missing API key',
    type: 'authentication_error',
    code: 'unauthorized',
  },
  'too-many': {
    status: 429,
    message: 'Too many requests',
    type: 'rate_limit_error',
    code: 'concurrency_limit',
  },
  'start-failed': {
    status: 500,
    oldStatus: 502,
    message: 'unspecific error: upstream command exited prematurely but successfully',
    type: 'server_error',
    code: 'internal_error',
  },
  unloaded: {
    status: 500,
    oldStatus: 503,
    message: 'unspecific error: process was stopped while the request waited',
    type: 'server_error',
    code: 'internal_error',
  },
};

interface SwapError {
  status: number;
  headers: string[];
  body: string;
}

const PLAIN = ['Content-Type', 'text/plain; charset=utf-8'];
const JSON_TYPE = ['Content-Type', 'application/json'];

/** The refusal as the configured generation of llama-swap words it. */
export function swapError(refusal: Refusal, accept: string, settings: LlamaSettings): SwapError {
  const wording = WORDINGS[refusal];
  const old = settings.generation === 'v217';
  const status = old ? (wording.oldStatus ?? wording.status) : wording.status;
  const headers = headersOf(refusal, old);
  if (old) return oldError(refusal, status, accept, headers);
  const { message } = wording;
  if (accept.includes('text/plain'))
    return { status, headers: [...PLAIN, ...headers], body: `llama-swap: ${message}` };
  if (accept.includes('text/html')) {
    const body = `<!doctype html><title>llama-swap</title><h1>${status}</h1><p>${message}</p>`;
    return { status, headers: ['Content-Type', 'text/html; charset=utf-8', ...headers], body };
  }
  return { status, headers: [...JSON_TYPE, ...headers], body: jsonError(refusal, wording, settings) };
}

function jsonError(refusal: Refusal, wording: Wording, settings: LlamaSettings): string {
  const { code, message, type } = wording;
  if (settings.generation === 'latest')
    return JSON.stringify({ src: 'llama-swap', error: { message, type, param: null, code } });
  if (refusal === 'too-many') return JSON.stringify({ error: message });
  return JSON.stringify({ src: 'llama-swap', error: message });
}

function oldError(refusal: Refusal, status: number, accept: string, headers: string[]): SwapError {
  const { message } = WORDINGS[refusal];
  const text = refusal === 'start-failed' ? `unable to start process: ${message}` : message;
  const plain = refusal === 'too-many' || refusal === 'start-failed' || !accept.includes('application/json');
  const body = plain ? text : JSON.stringify({ error: text });
  return { status, headers: [...(plain ? PLAIN : JSON_TYPE), ...headers], body };
}

function headersOf(refusal: Refusal, old: boolean): string[] {
  if (refusal === 'unauthorized') return ['WWW-Authenticate', 'Basic realm="llama-swap"'];
  return refusal === 'too-many' && !old ? ['Retry-After', '1'] : [];
}

export function refuseAsSwap(exchange: Exchange<LlamaSettings>, refusal: Refusal): void {
  const { status, headers, body } = swapError(refusal, exchange.header('accept') ?? '', exchange.settings);
  exchange.send(status, headers, body);
}
