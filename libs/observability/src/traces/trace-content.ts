import { type Call, isJsonObject, type JsonObject, type JsonValue, type Outcome } from '@app/call';

/** Together, in input or output; traces are for reading. */
const MAX_CHARACTERS = 256 * 1024;
const MAX_TEXT = 64 * 1024;
/** Images and sounds within texts: they would be most of the bytes, and nobody reads them. */
const DATA_URI = /data:([\w.+/-]{1,100});base64,[A-Za-z0-9+/=_-]{64,}/g;
const BARE_BASE64 = /^[A-Za-z0-9+/=_-]{4096,}$/;
const REPEATED = new Set(['tools', 'functions']);
/** Told elsewhere in the trace, or nobody's business. */
const NO_PARAMETERS = new Set([
  ...[
    'model',
    'messages',
    'prompt',
    'input',
    'query',
    'tools',
    'functions',
    'user',
    'file',
    'image',
    'metadata',
  ],
  ...['system', 'instructions', 'documents', 'input_prefix', 'input_suffix', 'input_extra'],
]);

/** What was asked. */
export function inputOf({ body, type, ownFields }: Call): JsonValue {
  const { object } = body;
  if (type === 'acompletion') return lean(picked(object, ['messages', ...REPEATED]));
  if (type === 'anthropic_messages') return lean(picked(object, ['system', 'messages', ...REPEATED]));
  const asked = object['prompt'] ?? object['input'] ?? object['query'];
  if (asked !== undefined) return lean(asked);
  return lean(Object.fromEntries(Object.entries(object).filter(([name]) => !ownFields.has(name))));
}

/** What was answered; vectors and sounds only by their name. */
export function outputOf({ call, answer, errorMessage, status }: Outcome): JsonValue {
  if (status >= 400) return errorMessage;
  if (call.type === 'aspeech') return 'speech-output';
  const choices = answer?.choices() ?? null;
  if (!Array.isArray(choices) || choices.length === 0) return null;
  const spoken = choices.map((choice) =>
    isJsonObject(choice) ? (choice['message'] ?? choice['text'] ?? null) : null,
  );
  return lean(spoken.length === 1 ? (spoken[0] ?? null) : spoken);
}

/** Texts and numbers as they are, everything else as JSON text: receivers refuse nested values here. */
export function parametersOf({ body, ownFields }: Call): Record<string, string | number> {
  const parameters: Record<string, string | number> = {};
  for (const [name, value] of Object.entries(body.object)) {
    if (NO_PARAMETERS.has(name) || ownFields.has(name) || value === null) continue;
    if (typeof value === 'number') parameters[name] = value;
    else parameters[name] = cut(typeof value === 'string' ? value : JSON.stringify(value), 2_000);
  }
  return parameters;
}

/** A copy without what is too long to be read. */
function lean(value: JsonValue): JsonValue {
  const budget = { left: MAX_CHARACTERS };
  return leaner(value, budget);
}

function leaner(value: JsonValue, budget: { left: number }): JsonValue {
  if (typeof value === 'string') {
    const text = cut(withoutMedia(value), Math.min(MAX_TEXT, Math.max(0, budget.left)));
    budget.left -= text.length;
    return text;
  }
  if (typeof value !== 'object' || value === null) return value;
  if (budget.left <= 0) return '[cut]';
  budget.left -= 16;
  if (Array.isArray(value)) return value.map((item) => leaner(item, budget));
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, leaner(item, budget)]));
}

function withoutMedia(text: string): string {
  if (BARE_BASE64.test(text)) return `[${text.length} characters of base64]`;
  if (!text.includes(';base64,')) return text;
  return text.replace(DATA_URI, (uri, type: string) => `[${type}, ${uri.length} characters]`);
}

const cut = (text: string, length: number): string =>
  text.length <= length ? text : `${text.slice(0, length)} … [cut]`;

function picked(object: JsonObject, names: readonly string[]): JsonObject {
  const chosen: JsonObject = {};
  for (const name of names) {
    const value = object[name];
    if (value !== undefined) chosen[name] = value;
  }
  return chosen;
}
