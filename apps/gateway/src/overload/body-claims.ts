import { type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import { getHeapStatistics } from 'node:v8';

/** Smaller ones are too many to count and too little to matter. */
const LARGE_BYTES = 1024 * 1024;
const LEAST_CAP_BYTES = 128 * 1024 * 1024;
/** A body is held as bytes, as text for a moment, and as what it says. */
const SHARE_OF_HEAP = 1 / 8;

/**
 * Memory for large bodies: each is held whole until its answer has ended, and minutes may pass. Uploads are not
 * counted, since they are sent on as they come.
 */
export class BodyClaims {
  #bytes = 0;

  constructor(
    private readonly capBytes = Math.max(
      LEAST_CAP_BYTES,
      getHeapStatistics().heap_size_limit * SHARE_OF_HEAP,
    ),
  ) {}

  /** False where it would be too much for now. What is claimed is given back when the answer has ended. */
  take(headers: IncomingHttpHeaders, res: ServerResponse): boolean {
    const bytes = bytesOf(headers);
    if (bytes < LARGE_BYTES || headers['content-type']?.startsWith('multipart/') === true) return true;
    // A single one is judged by the limit of its door.
    if (this.#bytes > 0 && this.#bytes + bytes > this.capBytes) return false;
    this.#bytes += bytes;
    res.once('close', () => (this.#bytes -= bytes));
    return true;
  }
}

/** One that does not tell its size may be large. */
const bytesOf = (headers: IncomingHttpHeaders): number =>
  headers['transfer-encoding'] === undefined ? Number(headers['content-length'] ?? 0) : LARGE_BYTES;
