import { randomUUID } from 'node:crypto';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Readable } from 'node:stream';
import { RateLimitError, UnavailableError } from '@app/call';

/** Of all uploads together, and of those of one key: half of the room is left to the others. */
const LIMITS = { all: 2 * 1024 ** 3, ofOne: 1024 ** 3 } as const;
const RETRY_SECONDS = 10;

let spooledBytes = 0;
const bytesOf = new Map<string, number>();

/** Whose file it is, and who sees it pass. */
export interface Spooling {
  /** The hash of the key. */
  readonly holder: string;
  readonly look: (chunk: Buffer) => void;
  readonly limits?: { readonly all: number; readonly ofOne: number };
}

/** A file that waits on disk. It has no name there, so that nothing of it outlives the process. */
export class Spool {
  #bytes = 0;
  #isClosed = false;

  private constructor(
    private readonly handle: FileHandle,
    private readonly holder: string,
  ) {}

  get bytes(): number {
    return this.#bytes;
  }

  /**
   * @throws RateLimitError when those of one key take more than 1 GB, UnavailableError when all together take more
   *   than 2 GB or the disk is full; what `source` fails with
   */
  static async from(source: Readable, { holder, look, limits = LIMITS }: Spooling): Promise<Spool> {
    const path = join(tmpdir(), `upload-${randomUUID()}`);
    const handle = await open(path, 'wx+', 0o600);
    const spool = new Spool(handle, holder);
    try {
      await unlink(path);
      for await (const chunk of source) {
        look(chunk as Buffer);
        spool.#take((chunk as Buffer).length, limits);
        await spool.#write(chunk as Buffer);
      }
    } catch (error) {
      await spool.close();
      throw error;
    }
    return spool;
  }

  read(): Readable {
    return this.handle.createReadStream({ start: 0, autoClose: false });
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#count(-this.#bytes);
    await this.handle.close();
  }

  #take(length: number, { all, ofOne }: { readonly all: number; readonly ofOne: number }): void {
    if ((bytesOf.get(this.holder) ?? 0) + length > ofOne) {
      throw new RateLimitError(
        'Your uploads fill the room that one key has; wait for them to end.',
        RETRY_SECONDS,
      );
    }
    if (spooledBytes + length > all) throw full();
    this.#count(length);
    this.#bytes += length;
  }

  #count(length: number): void {
    spooledBytes += length;
    const own = (bytesOf.get(this.holder) ?? 0) + length;
    if (own > 0) bytesOf.set(this.holder, own);
    else bytesOf.delete(this.holder);
  }

  /** A disk that is nearly full takes a part of a chunk. */
  async #write(chunk: Buffer): Promise<void> {
    try {
      for (let at = 0; at < chunk.length;) at += (await this.handle.write(chunk, at)).bytesWritten;
    } catch (error) {
      throw Object.assign(full(), { cause: error });
    }
  }
}

const full = (): UnavailableError =>
  new UnavailableError(
    'There is no room for the upload at present. Send `model` before `file`, and it needs none.',
    'service_unavailable',
    RETRY_SECONDS,
  );
