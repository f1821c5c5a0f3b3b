import { withLength, type Exchange, type WholeAnswer } from '../core/exchange.js';
import type { Frame } from '../core/player.js';
import type { Fault } from './fault.js';
import { playStream } from './play-stream.js';
import { spoilUsage } from './usage-faults.js';

const PIECE_BYTES = 32;

/** Plays a whole body in small pieces, so that the faults of streams can spoil it too. */
export function playBody(exchange: Exchange, answer: WholeAnswer): void {
  const { status, headers, tokens } = answer;
  const body = spoilBody(exchange.fault, answer.body);
  playStream(exchange, {
    status,
    headers: withLength(status, headers, body.length),
    frames: piecesOf(body, tokens),
    paceMs: 0,
    perTurn: 1024,
    events: false,
    countPieces: true,
  });
}

const BYTE_ORDER_MARK = '\uFEFF';
const INVALID_UTF8 = Buffer.from([0x80, 0xc0, 0xaf]);

function spoilBody(fault: Fault | undefined, body: string | Buffer): Buffer {
  if (fault === undefined || typeof body !== 'string') return Buffer.from(body as Buffer);
  const text = spoilUsage(fault, body);
  if (fault.has('bom')) return Buffer.from(BYTE_ORDER_MARK + text);
  const at = text.indexOf('"content":"');
  if (!fault.has('invalid-utf8') || at === -1) return Buffer.from(text);
  const inside = at + '"content":"'.length;
  return Buffer.concat([Buffer.from(text.slice(0, inside)), INVALID_UTF8, Buffer.from(text.slice(inside))]);
}

function* piecesOf(body: Buffer, tokens: number): Generator<Frame, undefined> {
  for (let at = 0; at < body.length; at += PIECE_BYTES) {
    const last = at + PIECE_BYTES >= body.length;
    yield { data: body.subarray(at, at + PIECE_BYTES), tokens: last ? tokens : 0 };
  }
}
