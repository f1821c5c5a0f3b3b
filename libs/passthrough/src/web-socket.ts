import { type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { type Duplex } from 'node:stream';
import { BadRequestError, ClientClosedRequestError, PermissionError, UpstreamError } from '@app/call';

/** A request that asks for a WebSocket, taken from its connection by the server. */
export interface UpgradeRequest extends IncomingMessage {
  /** What came behind the request already; absent for requests that stay requests. */
  upgradeHead?: Buffer;
}

const HANDSHAKE = [
  'sec-websocket-key',
  'sec-websocket-version',
  'sec-websocket-protocol',
  'sec-websocket-extensions',
] as const;
const ANSWERED = new Set(['upgrade', 'connection', 'sec-websocket-accept', 'sec-websocket-protocol']);

/** What a backend needs to be asked for a WebSocket. */
export function handshakeHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  const handshake: Record<string, string> = { connection: 'Upgrade', upgrade: 'websocket' };
  for (const name of HANDSHAKE) {
    const value = headers[name];
    if (value !== undefined) handshake[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return handshake;
}

/** What of a backend's consent is for the client: nothing that would act on a browser in our name. */
export function consentHeaders(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => ANSWERED.has(name) || name === 'sec-websocket-extensions'),
  );
}

/**
 * Pages of any site may open WebSockets to anywhere, and no browser asks first. Without a key only pages of this
 * gateway's own address may; programs name no origin.
 * @throws PermissionError, BadRequestError
 */
export function checkOrigin({ headers }: IncomingMessage, hasKey: boolean): void {
  const { origin } = headers;
  if (hasKey || origin === undefined) return;
  const url = URL.parse(origin);
  if (url === null) throw new BadRequestError('The Origin header is not valid.');
  if (url.host !== headers.host) {
    throw new PermissionError('Pages of another address need a key to open a WebSocket here.');
  }
}

/**
 * Resolves when the backend ended the connection, which is how a WebSocket closes in order. What one side loses, the
 * other loses too.
 * @throws ClientClosedRequestError when the client leaves first, or the reason of the signal
 */
export function untilClosed(client: Duplex, backend: Duplex, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const finish = (error: Error | null): void => {
      signal.removeEventListener('abort', onAbort);
      if (error) {
        client.destroy();
        backend.destroy();
        reject(error);
      } else resolve();
    };
    const onAbort = (): void => finish(signal.reason as Error);
    let isEndedByBackend = false;
    backend.once('end', () => (isEndedByBackend = true));
    backend.once('close', () => {
      // What it said last may still be on its way.
      if (!client.writableEnded) client.end();
      finish(
        isEndedByBackend ? null : new UpstreamError(502, 'The upstream broke the connection off.', false),
      );
    });
    const leave = (): void => {
      if (!isEndedByBackend) finish(new ClientClosedRequestError());
    };
    // Whoever closes in order lets the backend end the connection.
    client.once('end', leave);
    client.once('close', () => {
      leave();
      backend.destroy();
    });
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
  });
}
