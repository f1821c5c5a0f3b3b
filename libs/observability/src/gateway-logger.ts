import { type LoggerService } from '@nestjs/common';
import { type DestinationStream, type Logger, pino } from 'pino';
import { LogStorm } from './log-storm.js';
import { terminal } from './terminal.js';

export type LogThreshold = 'debug' | 'info' | 'warn' | 'error';
type Level = 'debug' | 'info' | 'warn' | 'error' | 'fatal';

/** What waits to be written when nobody reads standard output; more is dropped, so that a stalled reader costs no memory. */
const MAX_WAITING_BYTES = 4 * 1024 * 1024;
/** Lines are written together: one system call for each would be a good part of a small request. */
const BATCH_BYTES = 4096;
const FLUSH_MS = 250;
/** What the framework says of each module and route at the start. */
const CHATTY = new Set(['InstanceLoader', 'NestFactory', 'RouterExplorer', 'RoutesResolver']);
const MAX_CAUSES = 4;

/**
 * Nest's logger: one JSON line for each event; readable lines where standard output is a terminal. A message is a
 * text, an Error, or an object whose `message` is the text and whose other members become members of the line.
 */
export class GatewayLogger implements LoggerService {
  readonly #pino: Logger;
  readonly #storm = new LogStorm();

  constructor(
    threshold: LogThreshold,
    private readonly destination: DestinationStream = standardOutput(),
  ) {
    this.#pino = pino(
      {
        level: threshold,
        base: null,
        timestamp: pino.stdTimeFunctions.isoTime,
        formatters: { level: (label) => ({ level: label }) },
      },
      destination,
    );
  }

  log(message: unknown, ...details: unknown[]): void {
    const level = CHATTY.has(contextOf(details)) ? 'debug' : 'info';
    if (level === 'info' && isFlat(message) && details.length === 1) this.#line(message, contextOf(details));
    else this.#write(level, message, details);
  }

  error(message: unknown, ...details: unknown[]): void {
    this.#write('error', message, details);
  }

  warn(message: unknown, ...details: unknown[]): void {
    this.#write('warn', message, details);
  }

  debug(message: unknown, ...details: unknown[]): void {
    this.#write('debug', message, details);
  }

  verbose(message: unknown, ...details: unknown[]): void {
    this.#write('debug', message, details);
  }

  fatal(message: unknown, ...details: unknown[]): void {
    this.#write('fatal', message, details);
  }

  /** What happens thousands of times a second: one native call instead of the machinery for every kind of message. */
  #line(message: Readonly<Record<string, unknown>>, context: string): void {
    if (!this.#pino.isLevelEnabled('info')) return;
    const time = new Date().toISOString();
    const line = { level: 'info', time, context, ...message, message: undefined, msg: message['message'] };
    this.destination.write(`${JSON.stringify(line)}\n`);
  }

  #write(level: Level, message: unknown, details: readonly unknown[]): void {
    if (!this.#pino.isLevelEnabled(level)) return;
    const { text, members } = partsOf(message);
    const context = contextOf(details);
    const line: Record<string, unknown> = { context, ...members };
    if (level === 'warn' || level === 'error') {
      const leftOut = this.#storm.admit(context, text);
      if (leftOut === null) return;
      if (leftOut > 0) line['leftOut'] = leftOut;
    }
    // Nest puts the context last; before it may stand the stack or the error.
    for (const detail of details.slice(0, -1)) {
      if (detail instanceof Error) line['error'] = describe(detail);
      else if (detail !== undefined) line['details'] = detail;
    }
    this.#pino[level](line, text);
  }
}

const contextOf = (details: readonly unknown[]): string => {
  const last = details.at(-1);
  return typeof last === 'string' ? last : '';
};

/** An object whose members are all plain values. */
function isFlat(message: unknown): message is Record<string, unknown> {
  if (typeof message !== 'object' || message === null || message instanceof Error) return false;
  return Object.values(message).every((value) => value === null || typeof value !== 'object');
}

function partsOf(message: unknown): { text: string; members: Record<string, unknown> } {
  if (message instanceof Error) return { text: message.message, members: { error: describe(message) } };
  if (typeof message !== 'object' || message === null) return { text: String(message), members: {} };
  const { message: text, ...members } = message as Record<string, unknown>;
  for (const name in members) {
    if (members[name] instanceof Error) members[name] = describe(members[name]);
  }
  return { text: typeof text === 'string' ? text : '', members };
}

/** Named members only: errors of drivers carry queries, parameters and addresses with them. */
function describe(error: Error, depth = 1): Record<string, unknown> {
  const code = 'code' in error && typeof error.code === 'string' ? { code: error.code } : {};
  const cause =
    error.cause instanceof Error && depth < MAX_CAUSES ? { cause: describe(error.cause, depth + 1) } : {};
  return { type: error.name, message: error.message, ...code, stack: error.stack, ...cause };
}

function standardOutput(): DestinationStream {
  if (process.stdout.isTTY) return terminal((text) => process.stdout.write(text));
  return pino.destination({
    dest: 1,
    sync: false,
    maxLength: MAX_WAITING_BYTES,
    minLength: BATCH_BYTES,
    periodicFlush: FLUSH_MS,
  });
}
