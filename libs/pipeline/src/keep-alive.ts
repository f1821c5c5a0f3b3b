import { type ServerResponse } from 'node:http';

/** So long a client hears nothing at all. */
const SILENCE_MS = 5_000;
/** Proxies and clients give up on silence, the most impatient of them after some twenty seconds. */
const INTERVAL_MS = 10_000;
/** A comment: no client takes it for an event. Some take `: ping` for one. */
const COMMENT = ': keep-alive\n\n';

/**
 * Keeps a client company while a model loads: after five seconds its stream begins, with comments alone, or goes on with
 * them. Nothing of the answer has left by that, so other deployments can still be tried.
 * @param headers asked for when they are sent
 * @returns the way to stop
 */
export function keepAlive(client: ServerResponse, headers: () => string[]): () => void {
  const isContinued = client.headersSent;
  let timer = setTimeout(() => {
    if (client.destroyed || (client.headersSent && !isContinued)) return;
    if (!isContinued) client.writeHead(200, headers());
    client.write(COMMENT);
    timer = setInterval(() => client.write(COMMENT), INTERVAL_MS);
  }, SILENCE_MS);
  return () => clearTimeout(timer);
}
