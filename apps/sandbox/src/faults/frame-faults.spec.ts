import { describe, expect, test } from '@jest/globals';
import { parseFault } from './fault.js';
import { wireFaults } from './frame-faults.js';

const ROLE =
  'data: {"choices":[{"finish_reason":null,"index":0,"delta":{"role":"assistant","content":null}}]}\n\n';
const token = (text: string) =>
  `data: {"choices":[{"finish_reason":null,"index":0,"delta":{"content":"${text}"}}]}\n\n`;
const USAGE =
  'data: {"choices":[],"usage":{"completion_tokens":2,"prompt_tokens":3,"total_tokens":5,"prompt_tokens_details":{"cached_tokens":0}},"timings":{"predicted_n":2}}\n\n';
const DONE = 'data: [DONE]\n\n';

function spoilt(fault: string): Buffer {
  const texts: [string, number][] = [
    [ROLE, 0],
    [token('a'), 1],
    [token('b'), 1],
    [USAGE, 0],
    [DONE, 0],
  ];
  const frames = wireFaults(parseFault(fault), texts.map(([data, tokens]) => ({ data, tokens })).values());
  const parts: Buffer[] = [];
  for (let next = frames.next(); next.done !== true; next = frames.next())
    parts.push(Buffer.from(next.value.data as string));
  return Buffer.concat(parts);
}

const text = (fault: string) => spoilt(fault).toString('utf8');

describe('wireFaults', () => {
  test('leaves a stream alone that no fault concerns', () => {
    expect(text('setcookie')).toBe(ROLE + token('a') + token('b') + USAGE + DONE);
  });

  test('error-mid-1 sends an error frame after one token, and no [DONE]', () => {
    const wire = text('error-mid-1');
    expect(wire.startsWith(ROLE + token('a') + 'data: {"error":{"code":500')).toBe(true);
    expect(wire).not.toContain('[DONE]');
  });

  test('errorline-1 sends the error in a line of its own name, then [DONE]', () => {
    const wire = text('errorline-1');
    expect(wire.startsWith(`${ROLE}${token('a')}error: {"code":500`)).toBe(true);
    expect(wire.endsWith(DONE)).toBe(true);
  });

  test('crlf ends all lines with both', () => {
    expect(text('crlf')).toBe((ROLE + token('a') + token('b') + USAGE + DONE).replaceAll('\n', '\r\n'));
  });

  test('cr ends all lines with a carriage return', () => {
    expect(text('cr')).not.toContain('\n');
  });

  test('mixed-eol uses every kind of line end', () => {
    const wire = text('mixed-eol');
    expect([/\r\n\r\n/, /[^\n]\r\r[^\n]/, /[^\r]\n\n/].map((kind) => kind.test(wire))).toEqual([
      true,
      true,
      true,
    ]);
  });

  test('comments stand between the events', () => {
    expect(text('comments')).toBe(
      `:\n\n${ROLE}: keep-alive\n\n${token('a')}:\n\n${token('b')}: keep-alive\n\n${USAGE}:\n\n${DONE}`,
    );
  });

  test('bom comes first', () => {
    expect(spoilt('bom').subarray(0, 3)).toEqual(Buffer.from([0xef, 0xbb, 0xbf]));
  });

  test('multiline-data spreads each event over two data lines that join to the same JSON', () => {
    const wire = text('multiline-data');
    const [, first = '', second = ''] = /^data: (.*)\ndata: (.*)\n\n/.exec(wire) ?? [];
    expect(JSON.parse(`${first}\n${second}`)).toMatchObject({ choices: [{ index: 0 }] });
  });

  test('invalid-utf8 puts broken bytes into the content of tokens only', () => {
    const wire = spoilt('invalid-utf8');
    expect(() => new TextDecoder('utf-8', { fatal: true }).decode(wire)).toThrow();
    expect(wire.subarray(0, ROLE.length).toString('latin1')).toBe(ROLE);
  });

  test('id-retry adds the fields that clients may ignore', () => {
    expect(text('id-retry').startsWith(`id: 0\nretry: 10\n${ROLE}id: 1\n`)).toBe(true);
  });

  test('no-space leaves none after the colon', () => {
    expect(text('no-space')).toContain('data:[DONE]\n\n');
  });

  test('negative-index counts choices from minus one', () => {
    expect(text('negative-index')).not.toContain('"index":0');
  });

  test('no-role forgets who speaks', () => {
    expect(text('no-role')).not.toContain('"role"');
  });

  test('nul has zero bytes on the wire and in the text', () => {
    expect(text('nul')).toContain('data: \0{');
    expect(text('nul')).toContain('"content":"\\u0000a"');
  });

  test('flood-1200 sends that many tiny events first', () => {
    expect(text('flood-1200').split('data: {"choices":[]}\n\n')).toHaveLength(1201);
  });

  test('bigline-2 begins with one event of two megabytes', () => {
    const [line = ''] = text('bigline-2').split('\n');
    expect(line.length).toBeGreaterThan(2 * 1_048_576);
    expect(JSON.parse(line.slice('data: '.length))).toMatchObject({ choices: [{ index: 0 }] });
  });
});

describe('usage faults in a stream', () => {
  test.each([
    ['nan', '"usage":{"completion_tokens":NaN,"prompt_tokens":NaN,"total_tokens":NaN'],
    ['negative', '"completion_tokens":-5'],
    ['string', '"completion_tokens":"12"'],
    ['huge', '"completion_tokens":1e308'],
    ['int64', '"completion_tokens":9223372036854775808'],
    ['nested', '"completion_tokens":{"value":12}'],
    ['zero', '"completion_tokens":0,"prompt_tokens":0'],
    ['fraction', '"completion_tokens":12.5'],
    ['null', '"usage":null'],
    ['empty', '"usage":{}'],
  ])('usage-%s writes %s', (kind, wanted) => {
    expect(text(`usage-${kind}`)).toContain(wanted);
  });

  test('usage-missing leaves the whole chunk out', () => {
    expect(text('usage-missing')).toBe(ROLE + token('a') + token('b') + DONE);
  });

  test('usage-twice sends two chunks that differ', () => {
    expect(text('usage-twice').match(/"completion_tokens":\d+/g)).toEqual([
      '"completion_tokens":7',
      '"completion_tokens":2',
    ]);
  });

  test('usage-after-done comes too late', () => {
    expect(text('usage-after-done')).toBe(ROLE + token('a') + token('b') + DONE + USAGE);
  });

  test('no-timings takes the timings away and leaves the usage', () => {
    expect(text('no-timings')).toContain('"cached_tokens":0}}}\n\n');
  });
});
