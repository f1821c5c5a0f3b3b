import { describe, expect, test } from '@jest/globals';
import { COMMON_CHOICES, COMMON_SETTINGS, patchSettings } from './settings.js';

function patched(patch: unknown) {
  const settings = structuredClone(COMMON_SETTINGS);
  return { problems: patchSettings(settings, patch, COMMON_CHOICES), settings };
}

describe('patchSettings', () => {
  test('changes what is named and leaves the rest', () => {
    const { problems, settings } = patched({ delayMs: 5, truth: 'counts' });
    expect([problems, settings]).toEqual([[], { ...COMMON_SETTINGS, delayMs: 5, truth: 'counts' }]);
  });

  test.each([
    [{ delayms: 5 }, 'no setting is called delayms'],
    [{ delayMs: '5' }, 'delayMs must be a number'],
    [{ truth: 'some' }, 'truth must be one of off, counts, full'],
    [{ canaries: 'x' }, 'canaries must be a list'],
    [[], 'the body must be a JSON object'],
  ])('refuses %j', (patch, problem) => {
    expect(patched(patch).problems).toEqual([problem]);
  });

  test('changes nothing when one of several is wrong', () => {
    expect(patched({ delayMs: 5, nonsense: 1 }).settings).toEqual(COMMON_SETTINGS);
  });
});
