import { describe, expect, test } from '@jest/globals';
import { type Caller } from '@app/call';
import { aCaller } from '@testing/call';
import { aModelEntry } from '@testing/config';
import { aRoutingService } from '@testing/routing';
import { findPrice } from './find-price.js';
import { tokensOfMessages, usageIn } from './usage-in.js';

const priced = (modelName: string, upstream: string, usdPerToken: string) =>
  aModelEntry({
    modelName,
    model: `openai/${upstream}`,
    modelInfo: { id: upstream },
    prices: { input_cost_per_token: usdPerToken },
  });
const routing = aRoutingService({
  models: [
    priced('gpt-4', 'small', '0.000001'),
    priced('gpt-4', 'large', '0.000009'),
    priced('secret', 'hidden', '0.000005'),
    priced('hosted/*', '*', '0.000002'),
  ],
  router: { modelGroupAlias: { best: { model: 'gpt-4', hidden: false } } },
});
const findId = (model: string, caller: Partial<Caller> = {}): string =>
  findPrice(routing, aCaller(caller), model).id;

describe('the price of a model', () => {
  test.each([
    ['gpt-4', 'large'],
    ['best', 'large'],
    ['small', 'small'],
    ['mine', 'large'],
    ['hosted/any', '*'],
  ])('%s is that of the deployment %s', (model, id) => {
    expect(findId(model, { aliases: { mine: 'best' } })).toBe(id);
  });

  test('is unknown for a model that nobody serves', () => {
    expect(() => findId('constructor')).toThrow(expect.objectContaining({ status: 400, param: 'model' }));
  });

  test.each(['secret', 'hidden', 'nothing'])(
    'of %s is not told to a key that may not call it, whether there is one or not',
    (model) => {
      for (const caller of [{ models: ['gpt-4'] }, { teamId: 'red', outerModels: [['gpt-4']] }]) {
        expect(findId('small', caller)).toBe('small');
        expect(() => findId(model, caller)).toThrow(expect.objectContaining({ status: 403 }));
      }
    },
  );

  test('is told to an administrator, whatever his key may call', () => {
    for (const role of ['proxy_admin', 'proxy_admin_viewer'] as const)
      expect(findId('secret', { role, models: ['gpt-4'] })).toBe('hidden');
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
