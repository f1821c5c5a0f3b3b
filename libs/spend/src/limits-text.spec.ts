import { expect, test } from '@jest/globals';
import { type BindingLimit } from '@app/call';
import { leftText, limitsText, readLimits } from './limits-text.js';

const aLimit = (changes: Partial<BindingLimit> = {}): BindingLimit => ({
  ...{ scope: 'key', kind: 'money', model: null, cap: 5n, duration: '1mo' },
  ...changes,
});
const USED = { money: 2n, requests: 1n, tokens: 21n, parallel: 0n };

test('limits are told with what was left of them and what the call took', () => {
  const limits = [
    aLimit({ cap: 10n }),
    aLimit({ scope: 'team', kind: 'tokens', model: 'gpt-4', cap: 100n, duration: null }),
  ];
  const note = { limits, left: [7n, 90n], refusing: null };
  expect(readLimits(limitsText(note), JSON.parse(leftText(note)) as string[], USED)).toEqual([
    { scope: 'key', kind: 'money', cap: '10', duration: '1mo', before: '7', used: '2' },
    { scope: 'team', kind: 'tokens', model: 'gpt-4', cap: '100', before: '90', used: '21' },
  ]);
});

test('of a call that was refused the limit is told that refused it, and nothing was used', () => {
  const note = { limits: [aLimit(), aLimit({ kind: 'requests', cap: 1n })], left: [7n, 0n], refusing: 1 };
  expect(readLimits(limitsText(note), ['7', '0'], USED)).toMatchObject([
    { used: '0' },
    { used: '0', refused: true },
  ]);
});

test('a word holds no more limits than fit, and a row no more than its column', () => {
  const limits = Array.from({ length: 40 }, (_, index) => aLimit({ cap: BigInt(index) }));
  const text = limitsText({ limits, left: [], refusing: null });
  expect(text.length).toBeLessThanOrEqual(512);
  expect((JSON.parse(text) as unknown[]).length).toBeGreaterThan(5);
  expect(leftText({ limits, left: [10n ** 30n], refusing: null })).toBe('[9223372036854775807]');
});

test('a row without limits tells none', () => {
  expect(readLimits(null, null, USED)).toEqual([]);
  expect(readLimits('no json', null, USED)).toEqual([]);
});
