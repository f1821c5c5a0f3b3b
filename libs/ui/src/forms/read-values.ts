import { durationFrom, GatewayError, type JsonObject, parseJsonBody, picoUsdFrom } from '@app/call';
import { type Form } from '../read-form.js';
import { type Field, listOf, type Mistakes, textOf, type Values } from './form-field.js';

const MAX_TEXT = 200;
const MAX_JSON = 20_000;
const MAX_COUNT = 2_147_483_647;

/** What a posted form says. */
export function postedValues(fields: readonly Field[], form: Form): Values {
  return Object.fromEntries(
    fields.map(({ id, kind }) => [id, kind === 'picks' ? form.list(id) : form.text(id)]),
  );
}

/** What is wrong with the values, each with what to do about it. */
export function mistakesIn(fields: readonly Field[], values: Values): Mistakes {
  const found = fields.map((field) => [field.id, mistakeIn(field, values)] as const);
  return Object.fromEntries(found.filter(([, mistake]) => mistake !== ''));
}

/** A refusal of a service, at the field that it names. @throws whatever is no refusal */
export function mistakesFrom(
  error: unknown,
  fields: readonly Field[],
): { readonly mistakes: Mistakes; readonly general: string } {
  if (!(error instanceof GatewayError) || error.status >= 500) throw error;
  const field = fields.find(({ wire }) => wire === error.param);
  return field
    ? { mistakes: { [field.id]: error.message }, general: '' }
    : { mistakes: {}, general: error.message };
}

/** An empty text is an empty object; null where it is none. */
export function objectIn(text: string): JsonObject | null {
  if (text === '') return {};
  try {
    return parseJsonBody(Buffer.from(text)).object;
  } catch {
    return null;
  }
}

function mistakeIn(field: Field, values: Values): string {
  const text = textOf(values, field.id);
  const isEmpty = text === '' && listOf(values, field.id).length === 0;
  if (isEmpty) return field.missing ?? '';
  const max = field.maxLength ?? (field.kind === 'json' ? MAX_JSON : MAX_TEXT);
  if (text.length > max) return `Write at most ${max} characters.`;
  return wrongIn(field, text);
}

function wrongIn({ kind, choices = [], placeholder = '{}' }: Field, text: string): string {
  const isChosen = choices.some(({ value }) => value === text);
  switch (kind) {
    case 'money':
      return (picoUsdFrom(text) ?? -1n) >= 0n ? '' : 'Write a number, such as 5 or 5.50.';
    case 'number':
      return /^\d{1,12}(?:\.\d{1,12})?$/.test(text) ? '' : 'Write a number, such as 0.5, or nothing.';
    case 'count':
      return /^\d{1,10}$/.test(text) && Number(text) <= MAX_COUNT
        ? ''
        : 'Write a whole number, or nothing for no limit.';
    case 'json':
      return objectIn(text) ? '' : `Write a JSON object, such as ${placeholder}.`;
    case 'choice':
      return isChosen ? '' : 'Choose one of the list.';
    case 'duration':
      return isChosen || durationFrom(text) ? '' : 'Choose one of the list.';
    default:
      return '';
  }
}
