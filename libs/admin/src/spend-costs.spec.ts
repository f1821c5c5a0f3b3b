import { describe, expect, test } from '@jest/globals';
import { type ModelTable } from '@app/routing';
import { aDeployment } from '@testing/call';
import { findPrice } from './find-price.js';
import { tokensOfMessages, usageIn } from './usage-in.js';

const cheap = aDeployment({ id: 'cheap', upstreamModel: 'small' });
const dear = aDeployment({
  id: 'dear',
  upstreamModel: 'large',
  price: { ...cheap.price, inputPerTokenPicoUsd: 9_000_000n },
});
const table = {
  groups: new Map([['gpt-4', { name: 'gpt-4', deployments: [cheap, dear], weights: null }]]),
  aliases: new Map([['best', { model: 'gpt-4', hidden: false }]]),
} as unknown as ModelTable;

describe('the price of a model', () => {
  test.each([
    ['gpt-4', 'dear'],
    ['best', 'dear'],
    ['small', 'cheap'],
  ])('%s is that of the deployment %s', (model, id) => {
    expect(findPrice(table, model).id).toBe(id);
  });

  test('is unknown for a model that nobody serves', () => {
    expect(() => findPrice(table, 'constructor')).toThrow(
      expect.objectContaining({ status: 400, param: 'model' }),
    );
  });
});

describe('the usage of an answer', () => {
  test('is what it states', () => {
    const usage = { prompt_tokens: 9, completion_tokens: 12, prompt_tokens_details: { cached_tokens: 4 } };
    expect(usageIn({ usage })).toMatchObject({ promptTokens: 9, completionTokens: 12, cachedTokens: 4 });
  });

  test.each([
    undefined,
    null,
    'x',
    { prompt_tokens: -1 },
    { prompt_tokens: '9' },
    { completion_tokens: 1.5 },
  ])('that is %j cannot be charged', (usage) => {
    expect(() => usageIn({ usage } as never)).toThrow(
      expect.objectContaining({ status: 400, param: 'completion_response' }),
    );
  });
});

test('messages count by their text, in one piece or in parts', () => {
  const text = 'a'.repeat(40);
  expect(tokensOfMessages([{ content: text }])).toBe(14);
  expect(tokensOfMessages([{ content: [{ type: 'text', text }] }, { content: null }])).toBe(18);
});
