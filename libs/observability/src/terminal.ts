import { type DestinationStream } from 'pino';

const COLOURS: Readonly<Record<string, string>> = {
  debug: '90',
  info: '32',
  warn: '33',
  error: '31',
  fatal: '31',
};

interface Line {
  readonly level: string;
  readonly time: string;
  readonly msg?: string;
  readonly context?: string;
  readonly [member: string]: unknown;
}

/** Turns JSON lines into lines for people: `12:00:01.250 INFO  Request /v1/chat/completions 200 model=gpt-4`. */
export function terminal(print: (text: string) => void): DestinationStream {
  return { write: (line) => print(readable(JSON.parse(line) as Line)) };
}

function readable({ level, time, msg = '', context = '', ...members }: Line): string {
  const stacks: string[] = [];
  const pairs = Object.entries(members).flatMap(([name, value]) => {
    if (value === null || value === '') return [];
    if (typeof value !== 'object') return [`${name}=${value as string}`];
    if ('stack' in value) stacks.push(...stacksOf(value));
    return 'stack' in value ? [] : [`${name}=${JSON.stringify(value)}`];
  });
  const label = `\x1b[${COLOURS[level] ?? '0'}m${level.toUpperCase().padEnd(5)}\x1b[0m`;
  const text = [context, msg, ...pairs]
    .filter((part) => part !== '')
    .map(inert)
    .join(' ');
  return `${[`${time.slice(11, 23)} ${label} ${text}`, ...stacks].join('\n')}\n`;
}

function stacksOf(error: object): string[] {
  const { stack, cause } = error as { stack?: unknown; cause?: unknown };
  const own = typeof stack === 'string' ? stack.split('\n').map((line) => `    ${inert(line)}`) : [];
  return typeof cause === 'object' && cause !== null ? [...own, '  because of', ...stacksOf(cause)] : own;
}

/** Text of clients and upstreams must not move the cursor, turn the reading direction or fake a line. */
const inert = (text: string): string =>
  text.replace(
    /[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
