import { spawn } from 'node:child_process';
import { type Identity } from './embedded-identity.js';

/** What a finished program left behind. */
export interface ProgramResult {
  readonly exitCode: number | null;
  /** Standard output and error together, at most 64 KB. */
  readonly output: string;
}

const OUTPUT_LIMIT = 65_536;

/** Languages and libraries of the caller must not change what the server's programs do or say. */
export const PROGRAM_ENVIRONMENT = { PATH: '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C' };

/** Runs a program to its end as `identity`. A program that cannot be started has no exit code. */
export function runProgram(
  file: string,
  args: readonly string[],
  identity: Identity,
  cwd = '/',
): Promise<ProgramResult> {
  return new Promise((resolve) => {
    let output = '';
    const child = spawn(file, args, {
      cwd,
      env: PROGRAM_ENVIRONMENT,
      stdio: ['ignore', 'pipe', 'pipe'],
      ...identity,
    });
    const collect = (chunk: Buffer) => (output = (output + chunk.toString()).slice(-OUTPUT_LIMIT));
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.on('error', (error) => resolve({ exitCode: null, output: error.message }));
    child.on('close', (exitCode) => resolve({ exitCode, output }));
  });
}
