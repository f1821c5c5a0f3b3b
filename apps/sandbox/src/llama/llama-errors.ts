import type { Exchange } from '../core/exchange.js';

const TYPES: Record<number, string> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  403: 'permission_error',
  404: 'not_found_error',
  500: 'server_error',
  501: 'not_supported_error',
  503: 'unavailable_error',
};

/** llama.cpp's error body: `code` is the status as a number, and there is no `param`. */
export function llamaError(status: number, message: string, extra: object = {}): string {
  const type = TYPES[status] ?? (status < 500 ? 'invalid_request_error' : 'server_error');
  return JSON.stringify({ error: { code: status, message, type, ...extra } });
}

export function refuseAsLlama(exchange: Exchange, status: number, message: string, extra: object = {}): void {
  exchange.send(
    status,
    ['Server', 'llama.cpp', 'Content-Type', 'application/json; charset=utf-8'],
    llamaError(status, message, extra),
  );
}
