import { type BindingLimit, isJsonObject, type JsonObject, type JsonValue, type LimitNote } from '@app/call';

/** As long as a word may be. */
const MAX_LENGTH = 500;
/** As much as the row can hold of one number. */
const MAX_LEFT = 2n ** 63n - 1n;

const texts = new WeakMap<BindingLimit, string>();

/** A call's limits as the word that stands in its rows; what does not fit is left out, the last first. */
export function limitsText({ limits, refusing }: LimitNote): string {
  let text = '';
  for (const limit of limits) {
    const one = textOf(limit);
    if (text.length + one.length > MAX_LENGTH) break;
    text += text === '' ? one : `,${one}`;
  }
  return refusing === null ? `[${text}]` : `[${text},${refusing}]`;
}

/** What was left of each, as a JSON list of numbers. */
export function leftText({ left }: LimitNote): string {
  let text = '';
  for (const amount of left) text += `${text === '' ? '[' : ','}${amount > MAX_LEFT ? MAX_LEFT : amount}`;
  return text === '' ? '[]' : `${text}]`;
}

function textOf(limit: BindingLimit): string {
  let text = texts.get(limit);
  if (text === undefined) {
    const { scope, kind, model, cap, duration } = limit;
    text = JSON.stringify({
      scope,
      kind,
      ...(model !== null && { model: model.slice(0, 128) }),
      cap: String(cap),
      ...(duration !== null && { duration }),
    });
    texts.set(limit, text);
  }
  return text;
}

/**
 * A row's limits as its `metadata` tells them, amounts as decimal text; `used` is the call's own part.
 * @param used what the call took of a limit of that kind, unless it was refused
 */
export function readLimits(
  text: string | null,
  left: readonly string[] | null,
  used: Readonly<Partial<Record<string, bigint>>>,
): JsonObject[] {
  const list = textList(text);
  const refusing = list.find((one) => typeof one === 'number');
  return list.filter(isJsonObject).map((limit, index) => {
    const before = BigInt(left?.[index] ?? 0);
    const taken = refusing === undefined ? (used[textIn(limit['kind'])] ?? 0n) : 0n;
    return {
      ...limit,
      before: String(before),
      used: String(taken),
      ...(refusing === index && { refused: true }),
    };
  });
}

const textIn = (value: JsonValue | undefined): string => (typeof value === 'string' ? value : '');

function textList(text: string | null): readonly JsonValue[] {
  try {
    const list = JSON.parse(text ?? '[]') as JsonValue;
    return Array.isArray(list) ? list : [];
  } catch {
    return [];
  }
}
