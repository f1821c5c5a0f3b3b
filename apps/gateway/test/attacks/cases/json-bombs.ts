import { aChat } from '../../harness/gateway.ts';
import { type Attack, rawAttack, type RawProbe } from '../attack.ts';
import { post } from './bodies.ts';

const MEGABYTE = 1_048_576;
/** Parsing may hold the loop for 50 ms; the rest is the wire and a machine that others use too. */
const QUICK_MS = 1_500;

const nested = (depth: number, open = '[', close = ']'): string => open.repeat(depth) + close.repeat(depth);

const withField = (json: string): string =>
  `{"model":"gpt-4","messages":[{"role":"user","content":"x"}],"x":${json}}`;

const refused = (name: string, body: string, status: readonly number[] = [400]): RawProbe => ({
  name,
  send: post(body),
  options: { waitMs: 8_000 },
  status,
  withinMs: QUICK_MS,
  upstream: 0,
});

const keys = (count: number): string => `{${Array.from({ length: count }, (_, i) => `"k${i}":1`).join(',')}}`;

const messages = (count: number): string =>
  JSON.stringify({
    model: 'gpt-4',
    messages: Array.from({ length: count }, () => ({ role: 'user', content: 'x' })),
  });

const tool = (parameters: object): object => ({ type: 'function', function: { name: 'f', parameters } });

export const JSON_BOMBS: readonly Attack[] = [
  rawAttack({ id: 'X067', input: 'depth 65, 5,000 and 500,000', expected: '400 within 50 ms of work' }, [
    refused('lists, 65', withField(nested(65))),
    refused('lists, 5,000', withField(nested(5_000))),
    refused('lists, 500,000', withField(nested(500_000))),
    refused('objects, 65', withField(`${'{"a":'.repeat(65)}1${'}'.repeat(65)}`)),
    refused('objects, 100,000', withField(`${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`)),
    refused('never closed', '['.repeat(500_000)),
    { name: 'depth 40 is welcome', send: post(withField(nested(40))), status: [200], upstream: 1 },
  ]),
  rawAttack({ id: 'X068', input: '100,000 and 700,000 keys', expected: '400 or 413' }, [
    refused('1 MB', withField(keys(100_000)), [400, 413]),
    refused('8 MB', withField(keys(700_000)), [400, 413]),
    refused(
      'duplicate keys',
      withField(`{${Array.from({ length: 50_000 }, () => '"a":1').join(',')}}`),
      [400, 413],
    ),
  ]),
  rawAttack({ id: 'X079', input: '100,000 messages, one of 20 MB, 10,000 tools', expected: '400 or 413' }, [
    refused('100,000 messages', messages(100_000), [400, 413]),
    refused('one message of 21 MB', withField(`"${'x'.repeat(21 * MEGABYTE)}"`), [413]),
    refused(
      '10,000 tools',
      JSON.stringify({ ...aChat(), tools: Array.from({ length: 10_000 }, () => tool({})) }),
      [400, 413],
    ),
    refused(
      'tool schema of depth 1,000',
      JSON.stringify({ ...aChat(), tools: ['MARK'] }).replace(
        '"MARK"',
        `${'{"a":'.repeat(1_000)}1${'}'.repeat(1_000)}`,
      ),
    ),
    {
      name: 'a $ref loop is nobody’s business here',
      send: post(JSON.stringify({ ...aChat(), tools: [tool({ $ref: '#' })] })),
      status: [200],
      upstream: 1,
    },
  ]),
  rawAttack({ id: 'X074b', input: 'numbers of 100,000 digits', expected: 'passed on or 400, never slow' }, [
    { name: 'digits', send: post(withField('1'.repeat(100_000))), status: [200, 400], withinMs: QUICK_MS },
    {
      name: 'exponent',
      send: post(withField(`1e${'9'.repeat(1_000)}`)),
      status: [200, 400],
      withinMs: QUICK_MS,
    },
    refused('in max_tokens', withField('1').replace('"x":1', `"max_tokens":${'1'.repeat(400)}`)),
  ]),
];
