import { expect, test } from '@jest/globals';
import { type JsonValue } from '@app/call';
import { readUsage, UsageMeter } from './usage-meter.js';

test('the usual figures are read, details included', () => {
  expect(
    readUsage({
      prompt_tokens: 44,
      completion_tokens: 48,
      total_tokens: 92,
      prompt_tokens_details: { cached_tokens: 40 },
      completion_tokens_details: { reasoning_tokens: 8 },
    }),
  ).toMatchObject({
    promptTokens: 44,
    completionTokens: 48,
    cachedTokens: 40,
    reasoningTokens: 8,
    estimated: false,
  });
});

test.each([
  // LiteLLM, OpenRouter, and Anthropic's own split by time as it is translated.
  [{ cache_read_input_tokens: 40, cache_creation_input_tokens: 10 }, [40, 10, 0]],
  [{ prompt_tokens_details: { cached_tokens: 40, cache_write_tokens: 10 } }, [40, 10, 0]],
  [
    {
      prompt_tokens_details: {
        cached_tokens: 40,
        cache_creation_tokens: 10,
        cache_creation_token_details: { ephemeral_5m_input_tokens: 7, ephemeral_1h_input_tokens: 3 },
      },
    },
    [40, 10, 3],
  ],
  // DeepSeek.
  [{ prompt_cache_hit_tokens: 40, prompt_cache_miss_tokens: 60 }, [40, 0, 0]],
  // Never more than the prompt.
  [{ cache_read_input_tokens: 70, cache_creation_input_tokens: 60 }, [70, 30, 0]],
])('what prompt caches had and took is read: %j', (told, [cached, written, forAnHour]) => {
  expect(readUsage({ prompt_tokens: 100, completion_tokens: 1, ...told })).toMatchObject({
    promptTokens: 100,
    cachedTokens: cached,
    cacheWriteTokens: written,
    cacheWriteHourTokens: forAnHour,
  });
});

test('an explicit zero is zero', () => {
  expect(readUsage({ prompt_tokens: 0, completion_tokens: 0 })).toMatchObject({
    promptTokens: 0,
    estimated: false,
  });
});

test('what a model thought is charged where the sum alone has it, and rerankers tell nothing but the sum', () => {
  const thought = { prompt_tokens: 8, completion_tokens: 9, total_tokens: 400 };
  expect(readUsage(thought)).toMatchObject({ promptTokens: 8, completionTokens: 392 });
  expect(readUsage({ total_tokens: 56 })).toMatchObject({ promptTokens: 56, completionTokens: 0 });
  expect(readUsage({ prompt_tokens: 8, completion_tokens: 9, total_tokens: NaN })?.completionTokens).toBe(9);
});

test('an answer without words and without figures has cost its prompt', () => {
  const meter = new UsageMeter(400);
  expect(meter.hasAnswer).toBe(false);
  meter.completed();
  expect([meter.hasAnswer, meter.usage()]).toMatchObject([
    true,
    { promptTokens: 100, completionTokens: 0, estimated: true },
  ]);
});

test('figures that cannot be true are no figures', () => {
  const odd: JsonValue[] = [null, -5, 'NaN', '12', 1e308, 2 ** 63, 1.5, {}, [], true];
  for (const value of odd) expect(readUsage({ prompt_tokens: value, completion_tokens: 1 })).toBeNull();
  for (const value of odd)
    expect(readUsage({ prompt_tokens: 1, completion_tokens: value ?? 'x' })).toBeNull();
  for (const value of [null, 'x', 3, []]) expect(readUsage(value)).toBeNull();
});

test('parts are never more than the whole', () => {
  const usage = readUsage({
    prompt_tokens: 3,
    completion_tokens: 4,
    prompt_tokens_details: { cached_tokens: 100 },
    completion_tokens_details: { reasoning_tokens: 100 },
  });
  expect(usage).toMatchObject({ cachedTokens: 3, reasoningTokens: 4 });
});

test('without figures one chunk counts as one token, and longer text by its bytes', () => {
  const chunks = new UsageMeter(400);
  for (let i = 0; i < 10; i++) chunks.sawContent(5);
  expect(chunks.usage()).toMatchObject({ promptTokens: 100, completionTokens: 10, estimated: true });
  const whole = new UsageMeter(0);
  whole.sawContent(4_000);
  expect(whole.usage().completionTokens).toBe(1_000);
});

test('odd figures do not replace good ones', () => {
  const meter = new UsageMeter(0);
  meter.reported({ prompt_tokens: 1, completion_tokens: 2 });
  meter.reported({ prompt_tokens: -1, completion_tokens: 2 });
  expect(meter.usage()).toMatchObject({ promptTokens: 1, completionTokens: 2 });
});
