import { describe, expect, test } from '@jest/globals';
import { aCaller } from '@testing/call';
import { allows, compileRule, modelDenied } from './allowed-models.js';

const may = (models: string[], name: string): boolean => allows(compileRule(models, new Map()), [name]);

describe('which models a list allows', () => {
  test.each([
    [[], 'anything'],
    [['all-proxy-models'], 'anything'],
    [['*'], 'anything'],
    [['gpt-4'], 'gpt-4'],
    [['openai/*'], 'openai/gpt-4o'],
    [['openai/*'], 'gpt-4o'],
    [['bedrock/anthropic.*'], 'bedrock/anthropic.claude'],
    [['*-mini'], 'gpt-4-mini'],
    [['no-default-models', 'gpt-4'], 'gpt-4'],
  ])('%j allows %s', (models, name) => {
    expect(may(models, name)).toBe(true);
  });

  test.each([
    [['gpt-4'], 'gpt-4-turbo'],
    [['gpt-4'], 'GPT-4'],
    [['openai/*'], 'my-openai/gpt'],
    [['*-mini'], 'gpt-4-mini-2024'],
    [['bedrock/anthropic.*'], 'bedrock/anthropicXclaude'],
    [['openai/*'], 'qwen3-30b'],
    [['no-default-models'], 'gpt-4'],
    [['no-default-models'], 'no-default-models'],
    [['all-team-models'], 'gpt-4'],
    [[''], 'gpt-4'],
  ])('%j does not allow %s', (models, name) => {
    expect(may(models, name)).toBe(false);
  });

  test('an access group stands for the models in it, patterns included', () => {
    const groups = new Map([['cheap', new Set(['qwen', 'local/*'])]]);
    const rule = compileRule(['cheap'], groups);
    expect(allows(rule, ['qwen'])).toBe(true);
    expect(allows(rule, ['local/anything'])).toBe(true);
    expect(allows(rule, ['gpt-4'])).toBe(false);
  });

  test('one of the names that a model goes by is enough', () => {
    const rule = compileRule(['gpt-4'], new Map());
    expect(allows(rule, ['chat', 'gpt-4'])).toBe(true);
    expect(allows(rule, ['chat', 'qwen'])).toBe(false);
  });
});

test('the refusal repeats at most 200 characters of the name', () => {
  const caller = aCaller({ models: ['gpt-4'] });
  const { message } = modelDenied(caller, 'x'.repeat(10_000), caller.models);
  expect(message).toHaveLength(
    "key not allowed to access model. This key can only access models=['gpt-4']. Tried to access ".length +
      200,
  );
});
