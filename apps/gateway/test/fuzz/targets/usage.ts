import { built, must, type Target } from '../target.ts';

type Counts = Readonly<Record<string, unknown>>;

interface Meter {
  reported(usage: unknown): void;
  prompted(usage: unknown): void;
  sawContent(bytes: number): void;
  usage(): Counts;
}

interface Facts {
  readonly usage?: unknown;
  readonly prompt?: unknown;
}

interface Protocol {
  whole(answer: object): Facts;
  events(): { read(event: object): Facts };
}

const { UsageMeter, ...protocols } = await built<{
  readonly UsageMeter: new (promptBytes: number) => Meter;
  readonly MESSAGES_PROTOCOL: Protocol;
  readonly RESPONSES_PROTOCOL: Protocol;
  readonly RERANK_PROTOCOL: Protocol;
  readonly COUNT_PROTOCOL: Protocol;
  readonly IMAGE_PROTOCOL: Protocol;
  readonly NATIVE_PROTOCOL: Protocol;
}>('libs/upstream/src/index.js');
const { costOf } = await built<{ readonly costOf: (usage: Counts, price: object) => bigint }>(
  'libs/spend/src/cost-of.js',
);
const { NO_PRICE } = await built<{ readonly NO_PRICE: object }>('libs/call/src/index.js');

const PRICE = { ...NO_PRICE, inputPerTokenPicoUsd: 1_000_000n, outputPerTokenPicoUsd: 2_000_000n };
const MOST_TOKENS = 100_000_000;
const READERS: readonly Protocol[] = [
  protocols.MESSAGES_PROTOCOL,
  protocols.RESPONSES_PROTOCOL,
  protocols.RERANK_PROTOCOL,
  protocols.COUNT_PROTOCOL,
  protocols.IMAGE_PROTOCOL,
  protocols.NATIVE_PROTOCOL,
];
const PARTS = [
  'promptTokens',
  'completionTokens',
  'cachedTokens',
  'cacheWriteTokens',
  'cacheWriteHourTokens',
  'reasoningTokens',
];

/** Counts are whole and believable, parts are no more than their sums, and money is neither negative nor endless. */
function check(usage: Counts): void {
  const of = (name: string): number => Number(usage[name]);
  for (const name of PARTS) {
    must(Number.isInteger(usage[name]), `${name} is ${String(usage[name])}`);
    must(of(name) >= 0 && of(name) <= MOST_TOKENS, `${name} is ${String(usage[name])}`);
  }
  must(of('cachedTokens') + of('cacheWriteTokens') <= of('promptTokens'), 'more cached than asked');
  must(of('cacheWriteHourTokens') <= of('cacheWriteTokens'), 'more for an hour than written');
  must(of('reasoningTokens') <= of('completionTokens'), 'more thought than said');
  const cost = costOf(usage, PRICE);
  must(cost >= 0n && cost < 10n ** 18n, `it costs ${cost}`);
  const due = BigInt(of('promptTokens')) * 1_000_000n + BigInt(of('completionTokens')) * 2_000_000n;
  must(cost === due, `it costs ${cost}, not ${due}`);
}

export const USAGE: Target = {
  name: 'usage',
  maxBytes: 2_048,
  seeds: [
    '{"prompt_tokens":7,"completion_tokens":3,"total_tokens":10}',
    '{"prompt_tokens":700,"completion_tokens":30,"total_tokens":900,"prompt_tokens_details":{"cached_tokens":9,"cache_write_tokens":4,"cache_creation_token_details":{"ephemeral_1h_input_tokens":2}},"completion_tokens_details":{"reasoning_tokens":5}}',
    '{"input_tokens":7,"output_tokens":3,"cache_creation_input_tokens":5,"cache_read_input_tokens":2,"cache_creation":{"ephemeral_1h_input_tokens":3}}',
    '{"type":"message_start","message":{"usage":{"input_tokens":7,"output_tokens":1}},"usage":{"output_tokens":5}}',
    '{"type":"response.completed","response":{"usage":{"input_tokens":7,"output_tokens":3,"input_tokens_details":{"cached_tokens":3}}}}',
    '{"meta":{"tokens":{"input_tokens":7}},"timings":{"prompt_n":7,"predicted_n":3},"tokens_evaluated":7,"tokens_predicted":3}',
  ],
  words: [
    '"prompt_tokens":',
    '"completion_tokens":',
    '"total_tokens":',
    '"input_tokens":',
    '"output_tokens":',
    '"usage":{',
    '"prompt_cache_hit_tokens":',
    '"cache_read_input_tokens":',
    '1e308',
    '-0',
    '9223372036854775808',
    '1e-7',
    '"__proto__":',
    'true',
    '"type":"message_delta"',
    '"type":"message_start"',
  ],
  run: (input) => {
    const value = parsed(input.toString('utf8'));
    if (value === undefined) return;
    for (const give of ['reported', 'prompted'] as const) {
      const meter = new UsageMeter(1_000);
      meter.sawContent(12);
      meter[give](value);
      check(meter.usage());
    }
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return;
    for (const protocol of READERS) {
      const reader = protocol.events();
      for (const facts of [
        protocol.whole(value),
        protocol.whole({ usage: value }),
        reader.read(value),
        reader.read({ ...value, type: 'message_delta' }),
      ]) {
        const meter = new UsageMeter(1_000);
        if (facts.prompt !== undefined) meter.prompted(facts.prompt);
        if (facts.usage !== undefined) meter.reported(facts.usage);
        check(meter.usage());
      }
    }
  },
};

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
