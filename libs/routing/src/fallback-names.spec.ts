import { describe, expect, test } from '@jest/globals';
import { NO_WISHES } from '@app/call';
import { fallbackNames, hasFallbacks } from './fallback-names.js';

const SETTINGS = {
  fallbacks: { 'gpt-4': ['small'], bare: ['other'], '*': ['star'] },
  contextWindowFallbacks: { 'gpt-4': ['long'] },
  contentPolicyFallbacks: { 'gpt-4': ['mild'] },
  defaultFallbacks: ['last'],
};
const NOTHING = {
  fallbacks: {},
  contextWindowFallbacks: {},
  contentPolicyFallbacks: {},
  defaultFallbacks: [],
};

describe('the models to fall back to', () => {
  test.each([
    ['general', ['gpt-4'], ['small']],
    ['contextWindow', ['gpt-4'], ['long']],
    ['contentPolicy', ['gpt-4'], ['mild']],
    ['contextWindow', ['bare'], ['other']],
    ['general', ['openai/bare'], ['other']],
    ['general', ['alias', 'gpt-4'], ['small']],
    ['general', ['unknown'], ['star']],
    ['general', ['toString'], ['star']],
  ] as const)('of a failure that is %s for %j are %j', (kind, names, expected) => {
    expect(fallbackNames(SETTINGS, kind, names, NO_WISHES)).toEqual(expected);
  });

  test('are the default ones where nothing else is configured', () => {
    expect(fallbackNames({ ...NOTHING, defaultFallbacks: ['last'] }, 'general', ['x'], NO_WISHES)).toEqual([
      'last',
    ]);
    expect(fallbackNames(NOTHING, 'general', ['x'], NO_WISHES)).toEqual([]);
  });

  test('are those of the client where it names any', () => {
    const wishes = { ...NO_WISHES, fallbacks: ['mine'] };
    expect(fallbackNames(SETTINGS, 'general', ['gpt-4'], wishes)).toEqual(['mine']);
    expect(fallbackNames(SETTINGS, 'contextWindow', ['gpt-4'], wishes)).toEqual(['mine']);
    const long = { ...wishes, contextWindowFallbacks: ['longer'] };
    expect(fallbackNames(SETTINGS, 'contextWindow', ['gpt-4'], long)).toEqual(['longer']);
    expect(fallbackNames(SETTINGS, 'general', ['gpt-4'], { ...NO_WISHES, fallbacks: [] })).toEqual([]);
  });

  test('are known to exist or not to exist', () => {
    expect([hasFallbacks(SETTINGS), hasFallbacks(NOTHING)]).toEqual([true, false]);
  });
});
