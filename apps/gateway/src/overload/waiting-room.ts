import { type Socket } from 'node:net';

/** Nobody waits longer: another request, of somebody who asks for little, may come by the same connection. */
const LONGEST_WAIT_MS = 3_000;

interface Waiting {
  readonly socket: Pick<Socket, 'pause' | 'resume' | 'destroyed'>;
  readonly untilMs: number;
}

/**
 * Connections that are not read for now, because a request on them was refused: a client that asks again at once would
 * keep the process busy with refusing it. What it asks next stays with the kernel until there is room for it.
 */
export class WaitingRoom {
  #waiting: Waiting[] = [];
  /** Before it they have left. */
  #first = 0;

  constructor(private readonly now: () => number = () => performance.now()) {}

  get size(): number {
    return this.#waiting.length - this.#first;
  }

  take(socket: Waiting['socket']): void {
    if (socket.destroyed) return;
    socket.pause();
    this.#waiting.push({ socket, untilMs: this.now() + LONGEST_WAIT_MS });
  }

  /** Lets `count` out, those that came first, and whoever has waited long enough. */
  release(count: number): void {
    const now = this.now();
    for (let left = count; this.#first < this.#waiting.length; left -= 1) {
      const next = this.#waiting[this.#first];
      if (!next || (left <= 0 && next.untilMs > now)) break;
      this.#first += 1;
      next.socket.resume();
    }
    if (this.#first < this.#waiting.length / 2) return;
    this.#waiting = this.#waiting.slice(this.#first);
    this.#first = 0;
  }
}
