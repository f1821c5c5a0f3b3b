import fs from 'node:fs';
import { open } from 'node:fs/promises';
import { promisify } from 'node:util';
import { type EncodedLine } from './line-arena.js';

const fdatasync = promisify(fs.fdatasync);

/** What the journal needs of the file system; a fault can be put between. */
export interface JournalFileSystem {
  makeDirectory(path: string): void;
  openNew(path: string): number;
  write(fd: number, line: EncodedLine): number;
  datasync(fd: number): Promise<void>;
  syncDirectory(path: string): Promise<void>;
  close(fd: number): void;
  remove(path: string): void;
  touch(fd: number): void;
  /** Hard links to the open file: 0 when somebody removed it. */
  links(fd: number): number;
  freeBytes(path: string): number;
  /** `tmpfs`, `overlay`, or null for anything that outlives the machine and the container. */
  volatileKind(path: string): 'tmpfs' | 'overlay' | null;
}

const TMPFS_MAGIC = 0x01021994;
const OVERLAY_MAGIC = 0x794c7630;

export const realFiles: JournalFileSystem = {
  makeDirectory: (path) => void fs.mkdirSync(path, { recursive: true, mode: 0o700 }),
  openNew: (path) => fs.openSync(path, 'ax', 0o600),
  write: (fd, { chunk, start, length }) => fs.writeSync(fd, chunk, start, length),
  datasync: (fd) => fdatasync(fd),
  syncDirectory: async (path) => {
    const handle = await open(path, 'r');
    await handle.sync().finally(() => handle.close());
  },
  close: (fd) => fs.closeSync(fd),
  remove: (path) => fs.rmSync(path, { force: true }),
  touch: (fd) => fs.futimesSync(fd, new Date(), new Date()),
  links: (fd) => fs.fstatSync(fd).nlink,
  freeBytes: (path) => {
    const { bavail, bsize } = fs.statfsSync(path);
    return bavail * bsize;
  },
  volatileKind: (path) => {
    const { type } = fs.statfsSync(path);
    return type === TMPFS_MAGIC ? 'tmpfs' : type === OVERLAY_MAGIC ? 'overlay' : null;
  },
};
