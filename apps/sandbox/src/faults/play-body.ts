import type { Exchange } from '../core/exchange.js';
import type { Frame } from '../core/player.js';
import { playStream } from './play-stream.js';

const PIECE_BYTES = 32;

/** Plays a whole body in small pieces, so that the faults of streams can spoil it too. */
export function playBody(
  exchange: Exchange,
  answer: { status: number; headers: string[]; body: Buffer; tokens: number },
): void {
  const { status, headers, body, tokens } = answer;
  playStream(exchange, {
    status,
    headers,
    frames: piecesOf(body, tokens),
    paceMs: 0,
    perTurn: 1024,
    events: false,
    countPieces: true,
  });
}

function* piecesOf(body: Buffer, tokens: number): Generator<Frame, undefined> {
  for (let at = 0; at < body.length; at += PIECE_BYTES) {
    const last = at + PIECE_BYTES >= body.length;
    yield { data: body.subarray(at, at + PIECE_BYTES), tokens: last ? tokens : 0 };
  }
}
