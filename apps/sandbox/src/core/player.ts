import type { Exchange } from './exchange.js';

/** A piece of a streamed body that is written in one go. */
export interface Frame {
  data: string | Buffer;
  /** Tokens whose only place is this piece. */
  tokens: number;
}

/** How a stream is played; everything is optional but the pieces. */
export interface Playback {
  frames: Iterator<Frame, undefined>;
  /** Between two pieces with tokens; 0 = as fast as the reader takes them. */
  paceMs?: number;
  /** Pieces written in one turn of the event loop when there is no pace. */
  perTurn?: number;
  /** Stays silent for ever after this many tokens (or pieces, when `countPieces`). */
  stallAfter?: number | undefined;
  /** Ends the connection after this many tokens (or pieces): politely, with a bare FIN, or with a reset. */
  endAfter?: { count: number; how: 'fin' | 'cut' | 'rst' } | undefined;
  countPieces?: boolean;
  /** Instead of the proper end of the answer. */
  onEnd?: (() => void) | undefined;
}

/** Writes pieces under backpressure, and books in the ledger what the operating system has really taken. */
export class Player {
  private counted = 0;
  private startedAt = 0;
  // Bytes and tokens of writes that are not yet acknowledged, oldest first.
  private readonly pending: number[] = [];
  private acknowledged = 0;
  private readonly paceMs: number;
  private readonly perTurn: number;

  constructor(
    private readonly exchange: Exchange,
    private readonly playback: Playback,
  ) {
    this.paceMs = playback.paceMs ?? 0;
    this.perTurn = playback.perTurn ?? 1;
  }

  start(): void {
    this.startedAt = performance.now();
    this.turn();
  }

  private readonly turn = (): void => {
    if (this.exchange.gone) return;
    for (let written = 0; ; written++) {
      if (this.mustStop()) return;
      const waitMs = this.waitMs();
      if (waitMs > 0) {
        setTimeout(this.turn, Math.ceil(waitMs));
        return;
      }
      if (this.paceMs === 0 && written >= this.perTurn) {
        setImmediate(this.turn);
        return;
      }
      const next = this.playback.frames.next();
      if (next.done === true) {
        if (this.playback.onEnd === undefined) this.exchange.res.end();
        else this.playback.onEnd();
        return;
      }
      if (!this.write(next.value)) {
        this.exchange.res.once('drain', this.turn);
        return;
      }
    }
  };

  // Against the clock, not from piece to piece: timers that fire late do not slow the stream down.
  private waitMs(): number {
    if (this.paceMs === 0) return 0;
    return this.startedAt + this.counted * this.paceMs - performance.now();
  }

  private write(frame: Frame): boolean {
    this.counted += this.playback.countPieces === true ? 1 : frame.tokens;
    this.exchange.entry.generatedTokens += frame.tokens;
    const bytes = typeof frame.data === 'string' ? Buffer.byteLength(frame.data) : frame.data.length;
    if (bytes === 0) return true;
    this.pending.push(bytes, frame.tokens);
    const encoding = bytes === frame.data.length ? 'latin1' : 'utf8';
    return this.exchange.res.write(frame.data, encoding, this.taken);
  }

  private readonly taken = (error?: Error | null): void => {
    const { entry } = this.exchange;
    const bytes = this.pending[this.acknowledged] ?? 0;
    const tokens = this.pending[this.acknowledged + 1] ?? 0;
    this.acknowledged += 2;
    if (this.acknowledged === this.pending.length) this.pending.length = this.acknowledged = 0;
    if (error) return;
    entry.emittedBytes += bytes;
    entry.emittedTokens += tokens;
  };

  private mustStop(): boolean {
    const { stallAfter, endAfter } = this.playback;
    if (endAfter !== undefined && this.counted >= endAfter.count) {
      this.endNow(endAfter.how);
      return true;
    }
    return stallAfter !== undefined && this.counted >= stallAfter;
  }

  private endNow(how: 'fin' | 'cut' | 'rst'): void {
    const { exchange } = this;
    exchange.cutByFault = true;
    if (how === 'fin') exchange.res.end();
    else endSocket(exchange, how);
  }
}

// What was written may still be corked, and a reset throws away what the kernel has not delivered yet.
const DELIVERY_MS = 5;

/** Ends the connection without ending the answer, once what was written has left. */
export function endSocket(exchange: Exchange, how: 'cut' | 'rst'): void {
  exchange.cutByFault = true;
  const socket = exchange.res.socket;
  setTimeout(() => {
    if (how === 'cut') socket?.end();
    else socket?.resetAndDestroy();
  }, DELIVERY_MS);
}
