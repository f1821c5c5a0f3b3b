const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const COMMA = 0x2c;

/**
 * Rows one behind the other, as the text of a JSON array, in memory that is used again. With memory of its own for each
 * slice of a long backlog the whole heap would be collected every second or two.
 */
export class RowText {
  #bytes = Buffer.alloc(0);
  #length = 0;
  #rows = 0;

  get rows(): number {
    return this.#rows;
  }

  /** @param bytes a row stands in them from `start` to `end`; they are copied */
  add(bytes: Buffer, start: number, end: number): void {
    // What stands before it, the row, and what may have to close the array.
    this.#reserve(end - start + 2);
    this.#bytes[this.#length++] = this.#rows === 0 ? OPEN_BRACKET : COMMA;
    bytes.copy(this.#bytes, this.#length, start, end);
    this.#length += end - start;
    this.#rows += 1;
  }

  /** The array; it holds until {@link clear}. Of no rows there is none. */
  text(): Buffer {
    this.#bytes[this.#length] = CLOSE_BRACKET;
    return this.#bytes.subarray(0, this.#length + 1);
  }

  clear(): void {
    this.#length = 0;
    this.#rows = 0;
  }

  #reserve(bytes: number): void {
    const needed = this.#length + bytes;
    if (needed <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, 2 * this.#bytes.length));
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }
}
