import { type ServerResponse } from 'node:http';
import { ClientClosedRequestError } from './errors.js';

/**
 * Aborts as soon as the client is gone before its answer was complete: socket closed, reset, or half
 * closed (a FIN after the request counts as leaving). The reason is a ClientClosedRequestError.
 */
export function clientSignal(res: ServerResponse): AbortController {
  const controller = new AbortController();
  res.once('close', () => {
    if (!res.writableFinished) controller.abort(new ClientClosedRequestError());
  });
  return controller;
}
