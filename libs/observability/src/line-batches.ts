import { type DestinationStream, pino } from 'pino';

/** About eighty requests: a system call for each would be a good part of a small one. */
const BATCH_BYTES = 32 * 1024;
const FLUSH_MS = 250;
const MAX_BYTES_PER_CHARACTER = 3;
/** What waits to be written when nobody reads standard output; more is dropped, so that a stalled reader costs no memory. */
const MAX_WAITING_BYTES = 4 * 1024 * 1024;

interface Output {
  write(text: string): unknown;
  flushSync(): void;
}

/**
 * Lines to a file, many at once. They are copied together at once: texts that wait one by one outlive the next
 * collection of garbage, which costs more than writing them.
 */
export class LineBatches implements DestinationStream {
  readonly #bytes = Buffer.allocUnsafeSlow(BATCH_BYTES);
  #used = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(private readonly output: Output) {}

  write(line: string): void {
    const bytes = line.length * MAX_BYTES_PER_CHARACTER;
    if (bytes > BATCH_BYTES - this.#used) this.flush();
    if (bytes > BATCH_BYTES) {
      this.output.write(line);
      return;
    }
    this.#used += this.#bytes.write(line, this.#used);
    this.#timer ??= setTimeout(() => this.flush(), FLUSH_MS).unref();
  }

  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#used === 0) return;
    const text = this.#bytes.toString('utf8', 0, this.#used);
    this.#used = 0;
    this.output.write(text);
  }

  /** At once, for the last words of a process. */
  flushSync(): void {
    this.flush();
    this.output.flushSync();
  }
}

/** @param dest a file's path, or its number: 1 is standard output */
export function linesTo(dest: string | number): LineBatches {
  const lines = new LineBatches(
    pino.destination({ dest, sync: false, maxLength: MAX_WAITING_BYTES, maxWrite: 2 * BATCH_BYTES }),
  );
  // Before the same of the file, which ends it.
  for (const event of ['beforeExit', 'exit']) process.prependListener(event, () => lines.flush());
  return lines;
}
