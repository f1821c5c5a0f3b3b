import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';

interface ProgramOptions {
  readonly core: number;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}

/** A program that is not Node, on one core; its output lies beside it in `output.log`. */
export class Program {
  readonly #process: ChildProcess;
  readonly #exited: Promise<void>;

  constructor(path: string, args: readonly string[], { core, cwd, env }: ProgramOptions) {
    const log = openSync(join(cwd, 'output.log'), 'w');
    // taskset becomes the program: the process id is the program's own.
    this.#process = spawn('taskset', ['-c', String(core), path, ...args], {
      cwd,
      env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...env },
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    this.#exited = new Promise((resolve) => this.#process.once('exit', () => resolve()));
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  async kill(): Promise<void> {
    this.#process.kill('SIGKILL');
    await this.#exited;
  }
}
