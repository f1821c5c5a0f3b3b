import { BadRequestError, type JsonObject, type JsonValue } from '@app/call';

interface Range {
  readonly min: number;
  readonly max: number;
  readonly whole: boolean;
}

const count = (min: number, max: number): Range => ({ min, max, whole: true });
const amount = (min: number, max: number): Range => ({ min, max, whole: false });

/** Generous bounds: they keep out what no model can mean and what could not be bounded in money. */
const RANGES: Readonly<Record<string, Range>> = {
  max_tokens: count(0, 10_000_000),
  max_completion_tokens: count(0, 10_000_000),
  max_output_tokens: count(0, 10_000_000),
  n_predict: count(-1, 10_000_000),
  n: count(1, 128),
  best_of: count(1, 128),
  top_logprobs: count(0, 100),
  temperature: amount(0, 100),
  top_p: amount(0, 1),
  frequency_penalty: amount(-10, 10),
  presence_penalty: amount(-10, 10),
  timeout: amount(0, 86_400),
  stream_timeout: amount(0, 86_400),
  num_retries: count(0, 100),
  seed: amount(-Number.MAX_VALUE, Number.MAX_VALUE),
};

/**
 * Checks the numbers that steer a call; null counts as absent.
 * @throws BadRequestError naming the field
 */
export function checkParameters(body: JsonObject): void {
  for (const name in RANGES) {
    const value = body[name];
    const range = RANGES[name];
    if (value === undefined || value === null || !range) continue;
    if (!within(value, range)) {
      const kind = range.whole ? 'a whole number' : 'a number';
      throw new BadRequestError(`\`${name}\` must be ${kind} from ${range.min} to ${range.max}.`, name);
    }
  }
  const logprobs = body['logprobs'];
  if (typeof logprobs === 'number' && !within(logprobs, count(0, 100))) {
    throw new BadRequestError('`logprobs` must be at most 100.', 'logprobs');
  }
  const stream = body['stream'];
  if (stream !== undefined && stream !== null && typeof stream !== 'boolean') {
    throw new BadRequestError('`stream` must be true or false.', 'stream');
  }
}

function within(value: JsonValue, range: Range): boolean {
  if (typeof value !== 'number' || !Number.isFinite(value)) return false;
  return value >= range.min && value <= range.max && (!range.whole || Number.isInteger(value));
}
