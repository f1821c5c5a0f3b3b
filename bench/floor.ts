/**
 * The bare floor: what a proxy of `node:http` and undici costs when it does nothing else, written for speed –
 * a comfortable one costs half as much again, and would flatter everybody measured against it.
 * Usage: node bench/floor.ts <port> <upstream origin>
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type Dispatcher, Pool } from 'undici';

const [port = '0', upstream = ''] = process.argv.slice(2);
const pool = new Pool(upstream, { connections: 16_384, headersTimeout: 0, bodyTimeout: 0 });
const REQUEST_HEADERS = { 'content-type': 'application/json' };
const KEPT_HEADERS = ['content-type', 'content-length'] as const;

function forward(req: IncomingMessage, res: ServerResponse, body: Buffer): void {
  let controller: Dispatcher.DispatchController | null = null;
  res.on('close', () => {
    if (!res.writableFinished) controller?.abort(new Error('the client has left'));
  });
  res.on('drain', () => controller?.resume());
  pool.dispatch(
    { path: req.url ?? '/', method: 'POST', headers: REQUEST_HEADERS, body },
    {
      onRequestStart: (begun) => {
        controller = begun;
      },
      onResponseStart: (_, status, headers) => {
        for (const name of KEPT_HEADERS) {
          const value = headers[name];
          if (value !== undefined) res.setHeader(name, value);
        }
        res.writeHead(status);
      },
      onResponseData: (begun, chunk) => {
        if (!res.write(chunk)) begun.pause();
      },
      onResponseEnd: () => res.end(),
      onResponseError: () => res.destroy(),
    },
  );
}

const server = createServer((req, res) => {
  const pieces: Buffer[] = [];
  req.on('data', (piece: Buffer) => pieces.push(piece));
  req.on('end', () => {
    const [only] = pieces;
    forward(req, res, only && pieces.length === 1 ? only : Buffer.concat(pieces));
  });
});
server.listen(Number(port), '127.0.0.1', () => process.stdout.write(`${JSON.stringify({ ready: true })}\n`));
