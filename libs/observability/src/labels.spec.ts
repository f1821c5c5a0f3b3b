import { describe, expect, test } from '@jest/globals';
import { aCall, aDeployment, anOutcome } from '@testing/call';
import { errorLabel, statusLabel } from './closed-labels.js';
import { ModelLabels } from './model-labels.js';

function labelsOf(...known: string[]): (model: string, modelGroup?: string) => string {
  const labels = new ModelLabels();
  labels.replace(known);
  return (model, modelGroup) =>
    labels.of(
      anOutcome({
        call: aCall({ model }),
        deployment: modelGroup === undefined ? null : aDeployment({ modelGroup }),
      }),
    );
}

describe('the model label', () => {
  test('is the name that was asked for, where it exists', () => {
    expect(labelsOf('gpt-4', 'chat')('chat', 'gpt-4')).toBe('chat');
  });

  test('is the group that served a name of the key’s own', () => {
    expect(labelsOf('gpt-4')('my-name', 'gpt-4')).toBe('gpt-4');
  });

  test('is `other` for what only a pattern caught, and for what nothing served', () => {
    const label = labelsOf('gpt-4');
    expect([label('random', '*'), label('random')]).toEqual(['other', 'other']);
  });

  test('100,000 random names make one series', () => {
    const label = labelsOf('gpt-4');
    const seen = new Set(Array.from({ length: 100_000 }, (_, index) => label(`name-${index}`, '*')));
    expect([...seen]).toEqual(['other']);
  });

  test('at most 200 models have one of their own, and keep it', () => {
    const names = Array.from({ length: 1_000 }, (_, index) => `model-${index}`);
    const label = labelsOf(...names);
    expect(new Set(names.map((name) => label(name))).size).toBe(201);
    expect([label('model-0'), label('model-199'), label('model-200')]).toEqual([
      'model-0',
      'model-199',
      'other',
    ]);
  });

  test('a model that is gone from the configuration keeps its series', () => {
    const labels = new ModelLabels();
    labels.replace(['old']);
    const outcome = anOutcome({ call: aCall({ model: 'old' }) });
    labels.of(outcome);
    labels.replace(['new']);
    expect(labels.of(outcome)).toBe('old');
  });
});

describe('the labels of status and error', () => {
  test.each([
    [200, '200'],
    [429, '429'],
    [499, '499'],
    [418, '4xx'],
    [599, '5xx'],
  ])('status %i is %s', (status, label) => {
    expect(statusLabel(status)).toBe(label);
  });

  test('whatever upstreams answer, there are few labels of status', () => {
    const all = new Set(Array.from({ length: 500 }, (_, index) => statusLabel(index + 100)));
    expect(all.size).toBeLessThanOrEqual(24);
  });

  test('types of errors that upstreams make up are `other`', () => {
    expect([errorLabel('budget_exceeded'), errorLabel('my own error'), errorLabel(null)]).toEqual([
      'budget_exceeded',
      'other',
      'other',
    ]);
  });
});
