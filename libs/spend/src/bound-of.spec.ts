import { describe, expect, test } from '@jest/globals';
import { type Deployment, type JsonObject, NO_PRICE, NO_USAGE } from '@app/call';
import { aCall, aDeployment } from '@testing/call';
import { boundOf, completionCapOf, promptEstimateOf } from './bound-of.js';
import { costOf } from './cost-of.js';

const PRICE = aDeployment().price;
const PLAN = [aDeployment()];
const chat = (body: JsonObject) =>
  aCall({ body: { model: 'gpt-4', messages: [{ role: 'user', content: 'Hi' }], ...body } });
const priced = (changes: Partial<Deployment['price']>, others: Partial<Deployment> = {}) =>
  aDeployment({ ...others, price: { ...PRICE, ...changes } });

describe('the upper bound of a call', () => {
  test('covers one token per byte, eight per message and the answer up to max_tokens', () => {
    const call = chat({ max_tokens: 100 });
    const promptTokens = call.bodyBytes + 8 * 2;
    expect(boundOf(call, PLAN)).toBe(costOf({ ...NO_USAGE, promptTokens, completionTokens: 100 }, PRICE));
  });

  test('counts each of n answers', () => {
    const difference =
      boundOf(chat({ max_tokens: 100, n: 3 }), PLAN) - boundOf(chat({ max_tokens: 100, n: 1 }), PLAN);
    expect(difference).toBe(200n * 2_000_000n);
  });

  test('is the dearest deployment that may be tried', () => {
    const call = chat({ max_tokens: 10 });
    const dear = priced({ outputPerTokenPicoUsd: 9_000_000n });
    expect(boundOf(call, [...PLAN, dear])).toBe(boundOf(call, [dear]));
  });

  test('takes the dearer of cached and uncached input', () => {
    const call = chat({ max_tokens: 1 });
    const odd = priced({ cachedInputPerTokenPicoUsd: 3_000_000n });
    expect(boundOf(call, [odd])).toBe(boundOf(call, [priced({ inputPerTokenPicoUsd: 3_000_000n })]));
  });

  test('takes the dearest kind of input, and the dearest tier that the prompt may reach', () => {
    const call = chat({ max_tokens: 1 });
    const [cheap] = PLAN;
    const dearest = priced({ inputPerTokenPicoUsd: 6_000_000n, outputPerTokenPicoUsd: 9_000_000n });
    const writes = priced({
      cacheWriteHourPerTokenPicoUsd: 6_000_000n,
      outputPerTokenPicoUsd: 9_000_000n,
    });
    expect(boundOf(call, [writes])).toBe(boundOf(call, [dearest]));
    const tierAt = (abovePromptTokens: number) =>
      priced({
        tiers: [
          {
            ...NO_PRICE,
            abovePromptTokens,
            inputPerTokenPicoUsd: 6_000_000n,
            outputPerTokenPicoUsd: 9_000_000n,
          },
        ],
      });
    expect(boundOf(call, [tierAt(10)])).toBe(boundOf(call, [dearest]));
    expect(boundOf(call, [tierAt(1_000_000)])).toBe(boundOf(call, cheap ? [cheap] : []));
  });

  test('a model that caps its answers caps the bound', () => {
    const capped = [aDeployment({ maxOutputTokens: 50 })];
    expect(boundOf(chat({}), capped)).toBe(boundOf(chat({ max_tokens: 999 }), capped) - 17n * 1_500_000n);
  });

  test('is nothing without a plan or without prices', () => {
    const free = aDeployment({
      price: { ...PRICE, inputPerTokenPicoUsd: null, outputPerTokenPicoUsd: null },
    });
    expect(boundOf(chat({}), [])).toBe(0n);
    expect(boundOf(chat({}), [free])).toBe(0n);
  });

  test('an inline image counts as an image, not as the bytes of its base64', () => {
    const image = (url: string) =>
      chat({
        max_tokens: 1,
        messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url } }] }],
      });
    const small = boundOf(image(`data:image/png;base64,${'A'.repeat(1_000)}`), PLAN);
    const large = boundOf(image(`data:image/png;base64,${'A'.repeat(1_000_000)}`), PLAN);
    expect(large).toBe(small);
    expect(small).toBeGreaterThan(16_384n * 1_500_000n);
  });

  test('a tool may take more room in the template than in the request', () => {
    const tools = Array.from({ length: 4 }, () => ({ type: 'function' }));
    const call = chat({ max_tokens: 1, tools });
    expect(boundOf(call, PLAN)).toBeGreaterThanOrEqual(BigInt(call.bodyBytes + 4 * 256) * 1_500_000n);
  });

  test('embeddings have no answer to pay for', () => {
    const call = aCall({ type: 'aembedding', body: { model: 'e', input: 'text' } });
    expect(boundOf(call, PLAN)).toBe(BigInt(call.bodyBytes + 8) * 1_500_000n);
  });

  test('speech is bound by its characters and a second for each', () => {
    const call = aCall({ type: 'aspeech', body: { model: 'tts', input: 'Hello' } });
    const speech = priced({ inputPerTokenPicoUsd: null, perCharacterPicoUsd: 10n, perSecondPicoUsd: 3n });
    expect(boundOf(call, [speech])).toBe(65n);
  });

  test('a transcription is bound by what its bytes can hold', () => {
    const call = aCall({ type: 'atranscription', bodyBytes: 1_000_000 });
    const perSecond = priced({ inputPerTokenPicoUsd: null, perSecondPicoUsd: 100n });
    expect(boundOf(call, [perSecond])).toBe(2_000n * 100n);
  });

  test.each(['aimage_generation', 'aimage_edit'] as const)(
    '%s may cost for each of its pictures what the largest does in tokens',
    (type) => {
      const draw = (n?: JsonObject[string]) =>
        aCall({ type, body: { prompt: 'a', ...(n && { n }) }, bodyBytes: 9 });
      const tokens = (n: JsonObject[string], plan = PLAN) =>
        (boundOf(draw(n), plan) - boundOf(draw(n), [free])) / 2_000_000n;
      const free = priced({ outputPerTokenPicoUsd: null });
      expect([tokens(1), tokens(3), tokens('2')]).toEqual([8_192n, 24_576n, 16_384n]);
      expect(boundOf(draw(), PLAN)).toBe(boundOf(draw(1), PLAN));
      expect(tokens(2, [aDeployment({ maxOutputTokens: 1_000 })])).toBe(2_000n);
    },
  );

  test('a search costs its price per request', () => {
    const call = aCall({ type: 'asearch', body: { query: 'x' } });
    expect(boundOf(call, [priced({ inputPerTokenPicoUsd: null, perRequestPicoUsd: 5n })])).toBe(5n);
  });

  test.each([-5, 0, Number.NaN, '100', null, true])('max_tokens of %p caps nothing', (odd) => {
    expect(completionCapOf(chat({ max_tokens: odd }), aDeployment())).toBeNull();
  });

  test.each<[string, JsonObject, number | null]>([
    [
      'the larger of two caps, as backends differ in which they go by',
      { max_tokens: 900, max_completion_tokens: 1 },
      900,
    ],
    ["another protocol's cap is none", { max_output_tokens: 1 }, null],
    ["llama.cpp's own is none to others", { n_predict: 1 }, null],
    ['and the larger beside theirs', { n_predict: 50, max_tokens: 5 }, 50],
    ['where it means no limit there is none', { n_predict: -1, max_tokens: 5 }, null],
  ])('%s', (_, body, cap) => {
    expect(completionCapOf(chat(body), aDeployment())).toBe(cap);
  });

  test('responses, messages and infill go by their own names', () => {
    const capOf = (changes: Parameters<typeof aCall>[0]) => completionCapOf(aCall(changes), aDeployment());
    const body = { max_output_tokens: 3, max_tokens: 4, n_predict: 5 };
    expect(capOf({ type: 'aresponses', body: { ...body, n_predict: null } })).toBe(3);
    expect(capOf({ type: 'anthropic_messages', body: { ...body, n_predict: null } })).toBe(4);
    expect(capOf({ type: 'atext_completion', upstreamPath: '/infill', body: { n_predict: 5 } })).toBe(5);
  });

  test('a null of the client is sent on, so that no default caps its answer', () => {
    expect(
      completionCapOf(chat({ max_tokens: null }), aDeployment({ defaults: { max_tokens: 77 } })),
    ).toBeNull();
  });

  test('the deployment caps what the client leaves open', () => {
    expect(completionCapOf(chat({}), aDeployment({ defaults: { max_tokens: 77 } }))).toBe(77);
    expect(completionCapOf(chat({ max_tokens: 5 }), aDeployment({ defaults: { max_tokens: 77 } }))).toBe(5);
  });

  test('is never below what the call turns out to cost', () => {
    for (let round = 0; round < 300; round++) {
      const text = 'ж🙂a '.repeat(Math.floor(Math.random() * 50));
      const maxTokens = 1 + Math.floor(Math.random() * 500);
      const call = chat({ messages: [{ role: 'user', content: text }], max_tokens: maxTokens });
      const promptTokens = Buffer.byteLength(text) + 8;
      const used = { ...NO_USAGE, promptTokens, completionTokens: Math.ceil(Math.random() * maxTokens) };
      expect(boundOf(call, PLAN)).toBeGreaterThanOrEqual(costOf(used, PRICE));
    }
  });
});

describe('the estimate of a prompt', () => {
  test('is a token for four bytes', () => {
    const call = chat({ messages: [{ role: 'user', content: 'word '.repeat(400) }] });
    expect(promptEstimateOf(call)).toBe(Math.ceil(call.bodyBytes / 4));
  });

  test('speech has no prompt tokens', () => {
    expect(promptEstimateOf(aCall({ type: 'aspeech', body: { input: 'Hello' } }))).toBe(0);
  });
});
