import { type Server } from 'node:http';
import { type Socket } from 'node:net';

const STALLED_MS = 30_000;

/**
 * Closes the connections of clients that take nothing of their answer for so long. Whoever produced the answer may be
 * done with it long ago: only the connection knows that its bytes still lie here. A client that waits for its answer,
 * which may take minutes, is let alone, and one that reads slowly too.
 */
export function dropStalledClients(server: Server, stalledMs = STALLED_MS): void {
  server.timeout = stalledMs;
  server.on('timeout', (socket: Socket) => {
    // Between two requests Node sets the time of keep-alive in its place.
    const isIdle = socket.timeout !== stalledMs;
    if (isIdle || socket.writableLength > 0) socket.destroy();
    else socket.setTimeout(stalledMs);
  });
}
