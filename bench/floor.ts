/**
 * The bare floor: what a proxy of `node:http` and undici costs when it does nothing else.
 * Usage: node bench/floor.ts <port> <upstream origin>
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Pool } from 'undici';

const [port = '0', upstream = ''] = process.argv.slice(2);
const pool = new Pool(upstream, { connections: 512, headersTimeout: 0, bodyTimeout: 0 });

async function forward(req: IncomingMessage, res: ServerResponse): Promise<void> {
  const pieces: Buffer[] = [];
  for await (const piece of req) pieces.push(piece as Buffer);
  const answer = await pool.request({
    path: req.url ?? '/',
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: pieces.length === 1 ? (pieces[0] ?? null) : Buffer.concat(pieces),
  });
  for (const name of ['content-type', 'content-length']) {
    const value = answer.headers[name];
    if (value !== undefined) res.setHeader(name, value);
  }
  res.writeHead(answer.statusCode);
  res.on('close', () => {
    if (!res.writableFinished) answer.body.destroy();
  });
  answer.body.on('error', () => res.destroy());
  answer.body.pipe(res);
}

const server = createServer((req, res) => {
  forward(req, res).catch(() => res.destroy());
});
server.listen(Number(port), '127.0.0.1', () => process.stdout.write(`${JSON.stringify({ ready: true })}\n`));
