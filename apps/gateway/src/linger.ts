import { type IncomingMessage } from 'node:http';

const LINGER_MS = 1_000;
/** A client that goes on sending beyond this has not seen its answer and will not. */
const LINGER_BYTES = 64 * 1024 * 1024;

/**
 * Reads away what is left of a request, for a moment, then calls `done`. A socket that is closed with bytes unread is
 * reset, and the reset may overtake the answer that tells why.
 */
export function linger(req: IncomingMessage, done: () => void): void {
  let bytes = 0;
  const finish = (): void => {
    clearTimeout(timer);
    req.removeListener('data', onData).removeListener('end', finish).removeListener('close', finish);
    done();
  };
  const onData = (chunk: Buffer): void => {
    bytes += chunk.length;
    if (bytes > LINGER_BYTES) finish();
  };
  const timer = setTimeout(finish, LINGER_MS);
  req.unpipe();
  req.on('data', onData).once('end', finish).once('close', finish);
  req.resume();
}
