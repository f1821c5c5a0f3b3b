import { ConfigError } from '@app/config';
import { DatabaseStartError } from '@app/database';
import { ListenError } from './listen-error.js';
import { WorkerStartError } from './workers/worker-pool.js';

/** The end of a process that could not start: one sentence where the reason is known. */
export function exitWith(error: unknown): never {
  if (error instanceof WorkerStartError) process.exit(error.exitCode);
  process.stderr.write(`${sentenceOf(error)}\n`);
  process.exit(error instanceof ConfigError ? error.exitCode : 1);
}

function sentenceOf(error: unknown): string {
  if (error instanceof ConfigError || error instanceof DatabaseStartError || error instanceof ListenError) {
    return error.message;
  }
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
