import { buildMessage, ValidateBy, ValidateIf, type ValidationOptions } from 'class-validator';
import { durationFrom } from './duration.js';
import { isJsonObject, type JsonObject } from './json.js';
import { picoUsdFrom } from './money.js';

/** Names, aliases, ids: longer ones are mistakes or attacks. */
const MAX_TEXT = 256;
const MAX_ITEMS = 1000;
/** Above a trillion dollars nobody means it; also what `numeric(38,12)` holds with room to add up. */
const MAX_USD = 1e12;

type Judge = (value: unknown) => boolean;

/** A property that may be absent or null, else has to satisfy `judge`; `schema` says the same as JSON Schema. */
function optional(
  name: string,
  { expectation, schema }: { readonly expectation: string; readonly schema: JsonObject },
  judge: Judge,
): PropertyDecorator {
  const options: ValidationOptions = {
    message: buildMessage((prefix) => `${prefix}$property must be ${expectation}`),
  };
  const rules = [
    ValidateIf((_, value) => value !== null && value !== undefined),
    ValidateBy({ name, constraints: [schema], validator: { validate: judge } }, options),
  ];
  return (target, property) => {
    for (const rule of rules) rule(target, property);
  };
}

const TEXT: JsonObject = { type: 'string', maxLength: MAX_TEXT };

const isShortText: Judge = (value) => typeof value === 'string' && value.length <= MAX_TEXT;

/** Text of at most 256 characters. */
export const TextField = (): PropertyDecorator =>
  optional('text', { expectation: `a string of at most ${MAX_TEXT} characters`, schema: TEXT }, isShortText);

/** One of a few words. */
export const ChoiceField = (...choices: readonly string[]): PropertyDecorator =>
  optional(
    'choice',
    { expectation: `one of ${choices.join(', ')}`, schema: { enum: [...choices] } },
    (value) => choices.includes(value as string),
  );

/** At most 1,000 texts. */
export const TextListField = (): PropertyDecorator =>
  optional(
    'textList',
    {
      expectation: `a list of at most ${MAX_ITEMS} strings of at most ${MAX_TEXT} characters`,
      schema: { type: 'array', maxItems: MAX_ITEMS, items: TEXT },
    },
    (value) => Array.isArray(value) && value.length <= MAX_ITEMS && value.every(isShortText),
  );

/** An object from texts to texts. */
export const TextMapField = (): PropertyDecorator =>
  optional(
    'textMap',
    {
      expectation: 'an object whose names and values are strings',
      schema: { type: 'object', maxProperties: MAX_ITEMS, additionalProperties: TEXT },
    },
    (value) =>
      isJsonObject(value) &&
      Object.keys(value).length <= MAX_ITEMS &&
      Object.entries(value).every(([name, item]) => isShortText(name) && isShortText(item)),
  );

/** Any JSON object. */
export const ObjectField = (): PropertyDecorator =>
  optional('object', { expectation: 'an object', schema: { type: 'object' } }, isJsonObject);

export const FlagField = (): PropertyDecorator =>
  optional(
    'flag',
    { expectation: 'true or false', schema: { type: 'boolean' } },
    (value) => typeof value === 'boolean',
  );

/** `30s`, `15m`, `12h`, `30d`, `2w`, `1mo`. */
export const DurationField = (): PropertyDecorator =>
  optional(
    'duration',
    {
      expectation: 'a duration such as 30s, 15m, 12h, 30d, 2w or 1mo (Invalid duration format)',
      schema: { type: 'string', examples: ['30d'] },
    },
    (value) => typeof value === 'string' && (value === '' || durationFrom(value) !== null),
  );

/** USD from 0 up to a trillion, as a number or as decimal text; `""` stands for null. */
export const BudgetField = (): PropertyDecorator =>
  optional(
    'budget',
    {
      expectation: 'an amount of USD that is not negative, or null',
      schema: { type: ['number', 'string'], minimum: 0, maximum: MAX_USD },
    },
    isBudget,
  );

function isBudget(value: unknown): boolean {
  if (value === '') return true;
  if (typeof value !== 'number' && typeof value !== 'string') return false;
  const amount = Number(value);
  return picoUsdFrom(value) !== null && amount >= 0 && amount <= MAX_USD && !Object.is(amount, -0);
}
