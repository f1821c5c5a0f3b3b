import { type LoggerService } from '@nestjs/common';
import { type DestinationStream, type Logger, pino } from 'pino';
import { isoTime } from './iso-time.js';
import { linesTo } from './line-batches.js';
import { LogStorm } from './log-storm.js';
import { terminal } from './terminal.js';

export type LogThreshold = 'debug' | 'info' | 'warn' | 'error';
type Level = 'debug' | 'info' | 'warn' | 'error' | 'fatal';

/** What the framework says of each module and route at the start. */
const CHATTY = new Set(['InstanceLoader', 'NestFactory', 'RouterExplorer', 'RoutesResolver']);
const MAX_CAUSES = 4;

/** What a line tells, written as members of a JSON object by somebody who writes thousands a second. */
export class LogLine {
  constructor(readonly members: string) {}

  toString(): string {
    return `{${this.members}}`;
  }
}

/**
 * Nest's logger: one JSON line for each event; readable lines where standard output is a terminal. A message is a
 * text, an Error, a {@link LogLine}, or an object whose `message` is the text and whose other members become members
 * of the line.
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
    if (message instanceof LogLine) {
      this.#line(message, contextOf(details));
      return;
    }
    this.#write(CHATTY.has(contextOf(details)) ? 'debug' : 'info', message, details);
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

  /** Past the machinery for every kind of message. */
  #line({ members }: LogLine, context: string): void {
    if (!this.#pino.isLevelEnabled('info')) return;
    const head = `{"level":"info","time":"${isoTime(Date.now())}","context":${JSON.stringify(context)}`;
    this.destination.write(`${head},${members}}\n`);
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
  return process.stdout.isTTY ? terminal((text) => process.stdout.write(text)) : linesTo(1);
}
