import { type Outcome } from '@app/call';

export interface QueueLimits {
  readonly events: number;
  readonly bytes: number;
}

/** Why an event never arrived. */
export type DropReason = 'full' | 'refused' | 'shutdown';

interface Waiting {
  readonly outcome: Outcome;
  readonly bytes: number;
}

/** An object, its strings and a parsed body take about three times the bytes of their JSON. */
const BYTES_PER_BODY_BYTE = 3;
const BYTES_PER_CHARACTER = 2;
const BYTES_PER_OUTCOME = 1_500;

/**
 * What waits for delivery, bounded in number and memory: when it is full the oldest goes. What was taken stays
 * counted until it is settled, so that accepted = delivered + dropped + held at any time.
 */
export class TraceQueue {
  readonly counts = { accepted: 0, delivered: 0, full: 0, refused: 0, shutdown: 0 };
  #waiting: (Waiting | null)[] = [];
  #head = 0;
  #waitingBytes = 0;
  #taken = 0;
  #takenBytes = 0;

  constructor(private readonly limits: QueueLimits) {}

  /** Waiting and taken. */
  get size(): number {
    return this.waiting + this.#taken;
  }

  get waiting(): number {
    return this.#waiting.length - this.#head;
  }

  get bytes(): number {
    return this.#waitingBytes + this.#takenBytes;
  }

  push(outcome: Outcome): void {
    const bytes = bytesOf(outcome);
    this.counts.accepted++;
    this.#waiting.push({ outcome, bytes });
    this.#waitingBytes += bytes;
    while (this.waiting > 0 && (this.size > this.limits.events || this.bytes > this.limits.bytes)) {
      this.#shift();
      this.counts.full++;
    }
  }

  /** The oldest, at least one where there is one, within the limits. */
  take({ events, bytes }: QueueLimits): Outcome[] {
    const taken: Outcome[] = [];
    let size = 0;
    while (taken.length < events) {
      const next = this.#waiting[this.#head];
      if (!next || (taken.length > 0 && size + next.bytes > bytes)) break;
      this.#shift();
      size += next.bytes;
      taken.push(next.outcome);
    }
    this.#taken += taken.length;
    this.#takenBytes += size;
    return taken;
  }

  /** How all that was taken ended. */
  settle(delivered: number, dropped: number, reason: DropReason = 'refused'): void {
    this.counts.delivered += delivered;
    this.counts[reason] += dropped;
    this.#taken = 0;
    this.#takenBytes = 0;
  }

  /** The end of the process: what is left is lost. */
  clear(): void {
    this.counts.shutdown += this.size;
    this.#waiting = [];
    this.#head = 0;
    this.#waitingBytes = 0;
    this.#taken = 0;
    this.#takenBytes = 0;
  }

  #shift(): void {
    this.#waitingBytes -= this.#waiting[this.#head]?.bytes ?? 0;
    // Freed at once, the place in the list a little later: moving all others each time would be quadratic.
    this.#waiting[this.#head++] = null;
    if (this.#head > 256 && this.#head * 2 > this.#waiting.length) {
      this.#waiting = this.#waiting.slice(this.#head);
      this.#head = 0;
    }
  }
}

function bytesOf({ call, answer }: Outcome): number {
  const answered = answer === null ? 0 : answer.length * BYTES_PER_CHARACTER;
  return BYTES_PER_OUTCOME + call.bodyBytes * BYTES_PER_BODY_BYTE + answered;
}
