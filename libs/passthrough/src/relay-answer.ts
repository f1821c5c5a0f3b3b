import { type IncomingMessage } from 'node:http';
import { type Writable } from 'node:stream';
import { ClientClosedRequestError, type GatewayError, UpstreamError } from '@app/call';

/** A client that takes nothing for so long is gone. */
const STALLED_CLIENT_MS = 30_000;

export interface Relaying {
  readonly signal: AbortSignal;
  /** The longest silence between two pieces. */
  readonly idleMs: number;
}

/**
 * Sends all but the end of an answer, at the client's pace.
 * @throws UpstreamError when it breaks off or says nothing for too long, ClientClosedRequestError when the client takes
 *   nothing for 30 s
 */
export function relayAnswer(
  answer: IncomingMessage,
  client: Writable,
  { signal, idleMs }: Relaying,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let stalled: NodeJS.Timeout | undefined;
    const silent = setTimeout(() => finish(silence()), idleMs);
    const finish = (error: GatewayError | null): void => {
      clearTimeout(silent);
      clearTimeout(stalled);
      client.removeListener('drain', onDrain);
      signal.removeEventListener('abort', onAbort);
      if (!error) {
        resolve();
        return;
      }
      answer.destroy();
      reject(error);
    };
    const onDrain = (): void => {
      clearTimeout(stalled);
      silent.refresh();
      answer.resume();
    };
    const onAbort = (): void => finish(signal.reason as GatewayError);
    const cut = (): void => finish(new UpstreamError(502, 'The upstream ended its answer too early.', false));
    client.on('drain', onDrain);
    signal.addEventListener('abort', onAbort, { once: true });
    answer.on('data', (chunk: Buffer) => {
      silent.refresh();
      if (client.write(chunk)) return;
      answer.pause();
      stalled = setTimeout(() => finish(new ClientClosedRequestError()), STALLED_CLIENT_MS);
    });
    answer.once('end', () => finish(null));
    answer.once('error', cut);
    answer.once('close', () => {
      if (!answer.complete) cut();
    });
  });
}

const silence = (): UpstreamError =>
  new UpstreamError(504, 'The upstream stopped in the middle of its answer.', false, {
    type: 'upstream_timeout',
  });
