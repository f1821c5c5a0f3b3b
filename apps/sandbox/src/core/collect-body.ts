import type { Exchange } from './exchange.js';

const HEAD_BYTES = 64 * 1_048_576;
const TAIL_BYTES = 65_536;

/** Reads the request body into `exchange.body`: of a huge one the beginning and the end, never all of it. */
export function collectBody(exchange: Exchange, next: () => void): void {
  const chunks: Buffer[] = [];
  let tail: Buffer[] = [];
  let tailBytes = 0;
  const { req } = exchange;
  req.on('data', (chunk: Buffer) => {
    if (exchange.bodyBytes < HEAD_BYTES) chunks.push(chunk);
    else {
      tail.push(chunk);
      tailBytes += chunk.length;
      if (tailBytes > 8 * TAIL_BYTES) {
        tail = [Buffer.concat(tail).subarray(-TAIL_BYTES)];
        tailBytes = TAIL_BYTES;
      }
    }
    exchange.bodyBytes += chunk.length;
  });
  req.on('end', () => {
    const [first] = chunks;
    if (first !== undefined && chunks.length === 1) exchange.body = first;
    else if (first !== undefined) exchange.body = Buffer.concat([...chunks, ...tail]);
    next();
  });
}
