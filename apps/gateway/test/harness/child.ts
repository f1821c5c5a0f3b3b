import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, readSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** How a process under test ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface ChildOptions {
  readonly name: string;
  /** Node where there is none. */
  readonly program?: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Pins the process to this core. */
  readonly core?: number;
}

const NOTHING_INHERITED = /^(?:PATH|HOME|TMPDIR|LANG|LC_.*|TZ)$/;
const TAIL_BYTES = 6_000;

const running = new Set<Child>();
let logFolder: string | null = null;

/** Where the logs of this run are; made on first use. */
export function logs(): string {
  logFolder ??= mkdtempSync(join(tmpdir(), 'gateway-test-logs-'));
  return logFolder;
}

/** The last words of every process that still runs or ended badly, for a failed test. */
export function lastWords(): string {
  return [...running].map((child) => `--- ${child.name} (${child.logFile})\n${child.tail()}`).join('\n');
}

/** A process that writes to a log file and never outlives this one. */
export class Child {
  static #count = 0;
  readonly name: string;
  readonly logFile: string;
  readonly exited: Promise<Exit>;
  exit: Exit | null = null;
  readonly #process: ChildProcess;

  constructor(options: ChildOptions) {
    this.name = options.name;
    this.logFile = join(logs(), `${process.pid}-${(Child.#count += 1)}-${options.name}.log`);
    const log = openSync(this.logFile, 'w');
    const pin = options.core === undefined ? [] : ['taskset', '-c', String(options.core)];
    const [program = process.execPath, ...args] = [
      ...pin,
      options.program ?? process.execPath,
      ...options.args,
    ];
    this.#process = spawn(program, args, {
      cwd: options.cwd,
      env: { ...inherited(), ...options.env },
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    this.exited = new Promise((resolve) => {
      this.#process.once('error', (error) => this.#ended({ code: null, signal: null }, resolve, error));
      this.#process.once('exit', (code, signal) => this.#ended({ code, signal }, resolve));
    });
    running.add(this);
    this.#watch();
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  signal(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }

  /** Everything it wrote so far. */
  output(): string {
    return readFileSync(this.logFile, 'utf8');
  }

  tail(): string {
    return this.output().slice(-TAIL_BYTES);
  }

  /** The first line that it writes. */
  async firstLine(patienceMs: number): Promise<string> {
    const deadline = Date.now() + patienceMs;
    while (Date.now() < deadline && this.exit === null) {
      const end = head(this.logFile).indexOf('\n');
      if (end >= 0) return head(this.logFile).slice(0, end);
      await pause(10);
    }
    throw new Error(`${this.name} said nothing useful:\n${this.tail()}`);
  }

  async kill(): Promise<Exit> {
    this.signal('SIGKILL');
    return this.exited;
  }

  #ended(exit: Exit, resolve: (exit: Exit) => void, error?: Error): void {
    this.exit = exit;
    if (exit.code === 0 || exit.signal === 'SIGKILL') running.delete(this);
    if (error) process.stderr.write(`${this.name}: ${error.message}\n`);
    resolve(exit);
  }

  /** A killed test run leaves nothing behind. */
  #watch(): void {
    const script =
      'while kill -0 "$1" 2>/dev/null && kill -0 "$2" 2>/dev/null; do sleep 1; done; kill -9 "$2" 2>/dev/null';
    const args = ['-c', script, 'sh', String(process.pid), String(this.pid)];
    spawn('/bin/sh', args, { cwd: '/', stdio: 'ignore', detached: true }).unref();
  }
}

function inherited(): Record<string, string> {
  const names = Object.entries(process.env).filter(([name]) => NOTHING_INHERITED.test(name));
  return Object.fromEntries(names.map(([name, value]) => [name, value ?? '']));
}

function head(file: string): string {
  const descriptor = openSync(file, 'r');
  const buffer = Buffer.alloc(4096);
  const length = readSync(descriptor, buffer);
  closeSync(descriptor);
  return buffer.toString('utf8', 0, length);
}

export async function pause(ms: number): Promise<void> {
  await sleep(ms);
}

/** Asks until the answer is not undefined or false; then gives it back. */
export async function until<T>(
  what: string,
  ask: () => Promise<T | undefined | false> | T | undefined | false,
  patienceMs = 10_000,
  stepMs = 20,
): Promise<T> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
    if (performance.now() > deadline) throw new Error(`waited ${patienceMs} ms in vain: ${what}`);
    await pause(stepMs);
  }
}

/** A port that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      const port = typeof address === 'object' && address ? address.port : 0;
      probe.close(() => resolve(port));
    });
  });
}
