import { isJsonObject, type JsonObject, type JsonValue } from '@app/call';
import { type SpendLogRow } from '@app/spend';
import { textIn } from './calls.view.js';
import { plural } from './shown-values.js';

/** Something that was said. */
interface Said {
  readonly role: string;
  readonly text: string;
  /** Tools that were called, as they were. */
  readonly tools: readonly { readonly name: string; readonly input: string }[];
}

/** Beyond it the earlier ones stand folded. */
const OPEN_MESSAGES = 4;
const MAX_MESSAGES = 200;

/** What was asked and answered, where it was kept; false where it was not. Everything in it is text of others. */
export function wordsView({ messages: asked, response, status }: SpendLogRow): object | false {
  const isAsked = isKept(asked);
  // Of a failure the error is kept in its place, which stands on the page already.
  const isAnswered = status === 'success' && isKept(response);
  if (!isAsked && !isAnswered) return false;
  const prompt = isAsked ? promptOf(asked) : [];
  const answer = isAnswered ? [response].flat().map((one) => saidIn(one, 'assistant')) : [];
  const earlier = prompt.slice(0, Math.max(0, prompt.length - OPEN_MESSAGES));
  return {
    prompt: isAsked && {
      sub: plural(prompt.length, 'message'),
      earlier: earlier.length > 0 && { label: plural(earlier.length, 'earlier message'), messages: earlier },
      messages: prompt.slice(earlier.length),
      json: shownJson(asked),
    },
    answer: isAnswered && { messages: answer, json: shownJson(response) },
  };
}

/** A row without words has an empty object in their place. */
const isKept = (value: JsonValue): boolean =>
  value !== null && !(isJsonObject(value) && Object.keys(value).length === 0);

function promptOf(asked: JsonValue): Said[] {
  if (!isJsonObject(asked)) return [asked].flat().map((one) => saidIn(one, 'input'));
  const { system, messages, ...others } = asked;
  const list = Array.isArray(messages) ? messages : [];
  const rest = Object.keys(others).length === 0 ? [] : [saidIn(others, 'with')];
  const first = system === undefined ? [] : [saidIn(system, 'system')];
  return [...rest, ...first, ...list.slice(-MAX_MESSAGES).map((one) => saidIn(one, 'message'))];
}

function saidIn(value: JsonValue, role: string): Said {
  if (!isJsonObject(value)) return { role, text: textOf(value), tools: [] };
  if (value['content'] === undefined && value['tool_calls'] === undefined) {
    return { role, text: shownJson(value), tools: [] };
  }
  const thought = textIn(value, 'reasoning_content');
  const text = textOf(value['content'] ?? '');
  return {
    role: textIn(value, 'role') ?? role,
    text: thought === null ? text : `[thought] ${thought}\n\n${text}`,
    tools: toolsOf(value),
  };
}

/** A text, the texts among the parts of a message, or JSON. */
function textOf(value: JsonValue): string {
  if (typeof value === 'string') return value;
  if (!Array.isArray(value)) return value === null ? '' : shownJson(value);
  const parts = value.map((part) => {
    if (typeof part === 'string') return part;
    return (isJsonObject(part) ? textIn(part, 'text') : null) ?? JSON.stringify(part);
  });
  return parts.join('\n');
}

function toolsOf({ tool_calls: calls }: JsonObject): Said['tools'] {
  if (!Array.isArray(calls)) return [];
  return calls.filter(isJsonObject).map((call) => {
    const named = isJsonObject(call['function']) ? call['function'] : call;
    return { name: textIn(named, 'name') ?? 'tool', input: textOf(named['arguments'] ?? null) };
  });
}

const shownJson = (value: JsonValue): string => JSON.stringify(value, null, 2);
