import { describe, expect, test } from '@jest/globals';
import { Secret } from '@app/call';
import { GatewayLogger, type LogThreshold } from './gateway-logger.js';
import { terminal } from './terminal.js';

function recorded(
  threshold: LogThreshold,
  write: (logger: GatewayLogger) => void,
): Record<string, unknown>[] {
  const lines: string[] = [];
  write(new GatewayLogger(threshold, { write: (line) => void lines.push(line) }));
  expect(lines.every((line) => line.indexOf('\n') === line.length - 1)).toBe(true);
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe('a line of the log', () => {
  test('is JSON with time, level, context and message, and nothing of the machine', () => {
    const [line] = recorded('info', (logger) => logger.log('Ready', 'Gateway'));
    expect(line).toEqual({
      level: 'info',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      context: 'Gateway',
      msg: 'Ready',
    });
  });

  test('takes the members of an object beside its message', () => {
    const [line] = recorded('info', (logger) =>
      logger.log({ message: 'Call', callId: 'c-1', status: 200 }, 'Request'),
    );
    expect(line).toMatchObject({ msg: 'Call', callId: 'c-1', status: 200, context: 'Request' });
  });

  test.each([
    ['as the message', (logger: GatewayLogger, error: Error) => logger.error(error, 'Part')],
    [
      'as a member',
      (logger: GatewayLogger, error: Error) => logger.error({ message: 'broken', error }, 'Part'),
    ],
    ['beside the message', (logger: GatewayLogger, error: Error) => logger.error('broken', error, 'Part')],
  ])('tells of an error %s: type, message, code, stack and causes', (_, write) => {
    const cause = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
    const [line] = recorded('error', (logger) => write(logger, new TypeError('no answer', { cause })));
    expect(line?.['error']).toMatchObject({
      type: 'TypeError',
      message: 'no answer',
      stack: expect.stringContaining('gateway-logger.spec'),
      cause: { message: 'refused', code: 'ECONNREFUSED' },
    });
  });

  test('leaves out what drivers hang onto their errors', () => {
    const error = Object.assign(new Error('query failed'), {
      parameters: ['canary'],
      query: 'canary',
      client: { password: 'canary' },
    });
    expect(
      JSON.stringify(recorded('error', (logger) => logger.error({ message: 'x', error }, 'Part'))),
    ).not.toContain('canary');
  });

  test('does not tell a secret, even when one is handed to it', () => {
    const lines = recorded('debug', (logger) => {
      logger.log({ message: 'x', key: new Secret('canary') }, 'Part');
      logger.log(String(new Secret('canary')), 'Part');
    });
    expect(JSON.stringify(lines)).not.toContain('canary');
  });

  test('stays one line whatever the text holds', () => {
    recorded('info', (logger) => logger.log('a\r\nb\u2028c', 'Part'));
  });

  test('ends a chain of causes that has no end', () => {
    const error = new Error('round');
    error.cause = error;
    expect(recorded('error', (logger) => logger.error(error, 'Part'))).toHaveLength(1);
  });
});

describe('the threshold', () => {
  const everything = (logger: GatewayLogger): void => {
    logger.verbose('v', 'X');
    logger.debug('d', 'X');
    logger.log('l', 'X');
    logger.warn('w', 'X');
    logger.error('e', 'X');
    logger.fatal('f', 'X');
  };

  test.each([
    ['debug', 'vdlwef'],
    ['info', 'lwef'],
    ['warn', 'wef'],
    ['error', 'ef'],
  ] as const)('%s lets %s through', (threshold, passed) => {
    expect(
      recorded(threshold, everything)
        .map(({ msg }) => msg)
        .join(''),
    ).toBe(passed);
  });

  test('what the framework says of every route is for debugging', () => {
    const say = (logger: GatewayLogger): void => logger.log('Mapped {/x, GET} route', 'RouterExplorer');
    expect(recorded('info', say)).toEqual([]);
    expect(recorded('debug', say)).toHaveLength(1);
  });
});

describe('a line on a terminal', () => {
  function shown(write: (logger: GatewayLogger) => void): string {
    let text = '';
    write(
      new GatewayLogger(
        'debug',
        terminal((part) => (text += part)),
      ),
    );
    return text;
  }

  test('shows time, level, context, message and members', () => {
    const text = shown((logger) => logger.warn({ message: 'Slow', ms: 12, nothing: null }, 'Part'));
    expect(text).toMatch(/^\d\d:\d\d:\d\d\.\d{3} \x1b\[33mWARN \x1b\[0m Part Slow ms=12\n$/);
  });

  test('shows the stack of an error and of its cause', () => {
    const text = shown((logger) => logger.error(new Error('outer', { cause: new Error('inner') }), 'Part'));
    expect(text).toContain('    Error: outer\n');
    expect(text).toContain('  because of\n    Error: inner\n');
  });

  test('shows control characters as text, so that nobody moves the cursor or fakes a line', () => {
    const text = shown((logger) => logger.log({ message: 'a\x1b[2J\nb', agent: 'x\r\ny\u202e' }, 'Part'));
    expect(text).toContain('Part a\\u001b[2J\\u000ab agent=x\\u000d\\u000ay\\u202e\n');
  });
});
