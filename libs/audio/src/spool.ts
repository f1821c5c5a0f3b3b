import { randomUUID } from 'node:crypto';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Readable } from 'node:stream';
import { PayloadTooLargeError } from '@app/call';

/** Of all uploads together. */
const MAX_SPOOLED_BYTES = 2 * 1024 ** 3;

let spooledBytes = 0;

/** A file that waits on disk. It has no name there, so that nothing of it outlives the process. */
export class Spool {
  #bytes = 0;
  #isClosed = false;

  private constructor(private readonly handle: FileHandle) {}

  get bytes(): number {
    return this.#bytes;
  }

  /**
   * @param look sees each chunk as it passes
   * @throws PayloadTooLargeError when all uploads together take more than 2 GB; what `source` fails with
   */
  static async from(source: Readable, look: (chunk: Buffer) => void): Promise<Spool> {
    const path = join(tmpdir(), `upload-${randomUUID()}`);
    const handle = await open(path, 'wx+', 0o600);
    const spool = new Spool(handle);
    try {
      await unlink(path);
      for await (const chunk of source) {
        look(chunk as Buffer);
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
    spooledBytes -= this.#bytes;
    await this.handle.close();
  }

  async #write(chunk: Buffer): Promise<void> {
    if (spooledBytes + chunk.length > MAX_SPOOLED_BYTES) throw new PayloadTooLargeError(MAX_SPOOLED_BYTES);
    spooledBytes += chunk.length;
    this.#bytes += chunk.length;
    await this.handle.write(chunk);
  }
}
