/**
 * The boot cannot go on: the embedded server cannot run here, or the database refuses this gateway.
 * The message is one sentence for the person who started it.
 */
export class DatabaseStartError extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'DatabaseStartError';
  }
}

const REASONS: readonly (readonly [RegExp, string])[] = [
  [/ENOSPC|No space left on device/, 'the disk is full'],
  [/EROFS|Read-only file system/, 'it is on a read-only file system'],
  [/EACCES|EPERM|Permission denied|Operation not permitted/, 'this user may not write there'],
  [/ENOTDIR|EEXIST|File exists|Not a directory/, 'a file is in the way'],
  [/EDQUOT|Disk quota exceeded/, 'the disk quota is used up'],
];

/** Names the reason why `folder` cannot hold the database, from an exception or the server's own words. */
export function folderError(folder: string, cause: unknown): DatabaseStartError {
  const text = cause instanceof Error ? cause.message : String(cause);
  const reason = REASONS.find(([pattern]) => pattern.test(text))?.[1] ?? firstLine(text);
  return new DatabaseStartError(
    `The embedded database cannot use the folder ${folder}: ${reason}. Choose another folder or set DATABASE_URL.`,
    cause,
  );
}

function firstLine(text: string): string {
  const line =
    text.split('\n').find((candidate) => /error|fatal|panic/i.test(candidate)) ?? text.split('\n')[0];
  return (line ?? '').trim().slice(0, 200);
}
