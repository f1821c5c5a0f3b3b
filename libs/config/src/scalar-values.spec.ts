import { describe, expect, test } from '@jest/globals';
import { Secret } from '@app/call';
import { type ConfigNode } from './config-node.js';
import { Findings } from './findings.js';
import {
  asBudget,
  asCount,
  asDurationMs,
  asDurationText,
  asFlag,
  asName,
  asNumber,
  asOneOf,
  asPrice,
  asPriceText,
  asSecondsMs,
  asSecret,
  asText,
} from './scalar-values.js';
import { type Parse } from './section.js';

const place = { file: 'config.yaml', line: 7, column: 3 };

function node(value: string | number | boolean, text = String(value)): ConfigNode {
  return { kind: 'scalar', value, text, path: 'x', place };
}

function accepted<T>(parse: Parse<T>, value: string | number | boolean, text?: string): T | null {
  const findings = new Findings();
  const result = parse(node(value, text), findings);
  expect(findings.problems).toEqual([]);
  return result;
}

function refused<T>(parse: Parse<T>, given: string | number | boolean | ConfigNode): string {
  const findings = new Findings();
  const result = parse(typeof given === 'object' ? given : node(given), findings);
  expect(result).toBeNull();
  expect(findings.problems).toHaveLength(1);
  expect(findings.problems[0]).toMatchObject({ ...place, path: 'x' });
  expect(findings.problems[0]?.remedy).not.toBe('');
  return findings.problems[0]?.message ?? '';
}

describe('flags', () => {
  test.each([true, 'True', 'true', 'TRUE', 'yes', 'on', '1', 1])('%p is true', (value) => {
    expect(accepted(asFlag, value)).toBe(true);
  });

  test.each([false, 'False', 'false', 'no', 'off', '0', 0])('%p is false', (value) => {
    expect(accepted(asFlag, value)).toBe(false);
  });

  test.each(['maybe', 2, 'truee', 'null'])('%p is neither', (value) => {
    expect(refused(asFlag, value)).toBe('`true` or `false` belongs here; this is none.');
  });
});

describe('numbers', () => {
  test.each([
    [5, 5],
    ['5', 5],
    [' 5 ', 5],
    ['1_000', 1000],
    ['2.5', 2.5],
    ['1e3', 1000],
    ['.5', 0.5],
  ])('%p is %p', (value, expected) => {
    expect(accepted(asNumber(), value)).toBe(expected);
  });

  test.each(['', 'x', '5s', '0x10', '1__0', '--5', NaN, Infinity, true, -1, '1e999'])(
    '%p is none',
    (value) => {
      refused(asNumber(), value);
    },
  );

  test('a whole number has no fraction', () => {
    expect(refused(asCount, 2.5)).toContain('A whole number of at least 0');
  });

  test('both ends of a range are in it', () => {
    const port = asNumber({ max: 65_535, whole: true });
    expect([accepted(port, 0), accepted(port, 65_535)]).toEqual([0, 65_535]);
    expect(refused(port, 65_536)).toContain('from 0 to 65535');
  });
});

describe('times', () => {
  test.each([
    [600, 600_000],
    ['600', 600_000],
    [0.5, 500],
    ['10m', 600_000],
    ['2s', 2_000],
    [0, 0],
  ])('%p seconds are %p milliseconds', (value, expected) => {
    expect(accepted(asSecondsMs, value)).toBe(expected);
  });

  test.each([-1, 'soon', '5y', true, 2_147_484, '30d'])('%p is no time to wait', (value) => {
    refused(asSecondsMs, value);
  });

  test('the longest time is one that a timer can hold', () => {
    expect(accepted(asSecondsMs, 2_147_483)).toBeLessThan(2 ** 31);
  });

  test.each([
    ['30s', 30_000],
    ['5m', 300_000],
    ['2h', 7_200_000],
    ['7d', 604_800_000],
    ['2w', 1_209_600_000],
    ['1mo', 2_592_000_000],
  ])('the duration %s has %p milliseconds', (text, expected) => {
    expect(accepted(asDurationMs, text)).toBe(expected);
  });

  test.each(['30', '30 d', 'd', '1.5h', '30D', '-1d', '9999999999d'])('%p is no duration', (text) => {
    refused(asDurationText, text);
  });

  test('a duration is kept as text, since a month has no length', () => {
    expect(accepted(asDurationText, '1mo')).toBe('1mo');
  });
});

describe('money', () => {
  test('a price keeps the text that it was written with', () => {
    expect(accepted(asPriceText, 0.0000015, '1.50e-6')).toBe('1.50e-6');
  });

  test.each([
    ['1.5e-6', 1_500_000n],
    ['0.1', 100_000_000_000n],
    [0, 0n],
  ] as const)('%p is %p pico-dollars', (value, expected) => {
    expect(accepted(asPrice, value)).toBe(expected);
  });

  test.each(['-1', 'free', '$5', '1,5', Infinity, NaN, '1e40', 1_000_001])('%p is no price', (value) => {
    refused(asPriceText, value);
  });

  test('a budget may be larger than a price', () => {
    expect(accepted(asBudget, 5_000_000)).toBe(5_000_000n * 10n ** 12n);
  });

  test('a budget that no database could add up is refused', () => {
    refused(asBudget, '1e13');
  });
});

describe('text', () => {
  test('a number may be text', () => {
    expect(accepted(asText, 1.1, '1.10')).toBe('1.10');
  });

  test('a key is hidden and trimmed', () => {
    const secret = accepted(asSecret, ' sk-abc ');
    expect(secret).toBeInstanceOf(Secret);
    expect(secret?.reveal()).toBe('sk-abc');
    expect(String(secret)).toBe('[redacted]');
  });

  test.each(['two words', 'line\nbreak', 'schlüssel', '"quoted"', "'quoted'"])(
    '%p cannot be sent as a key',
    (value) => {
      expect(refused(asSecret, value)).not.toContain(value);
    },
  );

  test.each(['a\u0000b', 'a\nb', 'x'.repeat(257)])('a name is one line of sensible length', (value) => {
    refused(asName, value);
  });

  test('a list is no text', () => {
    expect(refused(asText, { kind: 'list', items: [], path: 'x', place })).toBe(
      'Text belongs here; this is a list.',
    );
  });
});

describe('one of several', () => {
  const strategy = asOneOf(['simple-shuffle', 'least-busy']);

  test('case does not count', () => {
    expect(accepted(strategy, 'Least-Busy')).toBe('least-busy');
  });

  test('a typing error is answered with the right name', () => {
    const findings = new Findings();
    strategy(node('leest-busy'), findings);
    expect(findings.problems[0]?.remedy).toBe(
      'Did you mean `least-busy`? Known: simple-shuffle, least-busy.',
    );
  });

  test('anything else with all of them', () => {
    const findings = new Findings();
    strategy(node('random'), findings);
    expect(findings.problems[0]?.remedy).toBe('Write one of: simple-shuffle, least-busy.');
  });
});
