import { Injectable } from '@nestjs/common';
import { type ServerResponse } from 'node:http';
import { ClientClosedRequestError } from './errors.js';

/** The calls in progress in this process, so that a drain can end them. */
@Injectable()
export class LiveCalls {
  readonly #controllers = new Set<AbortController>();

  get size(): number {
    return this.#controllers.size;
  }

  /**
   * A signal that aborts as soon as the client is gone before its answer was complete: socket closed, reset, or
   * half closed (a FIN after the request counts as leaving). The reason is a ClientClosedRequestError.
   */
  follow(res: ServerResponse): AbortSignal {
    const controller = new AbortController();
    // Gone while its key was looked up: its end has been told, and is not told again.
    if (res.closed) {
      controller.abort(new ClientClosedRequestError());
      return controller.signal;
    }
    this.#controllers.add(controller);
    res.once('close', () => {
      this.#controllers.delete(controller);
      if (!res.writableFinished) controller.abort(new ClientClosedRequestError());
    });
    return controller.signal;
  }

  abortAll(reason: Error): void {
    for (const controller of this.#controllers) controller.abort(reason);
  }
}
