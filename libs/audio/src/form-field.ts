import { BadRequestError } from '@app/call';

export interface FormField {
  readonly name: string;
  readonly value: string;
}

const FIELD_NAME = /^[A-Za-z_][\w.-]*(?:\[\w*\])?$/;
const MAX_FILE_NAME_LENGTH = 200;

/**
 * A name that a backend understands as we do: plain, at most one pair of brackets, and given once unless it is a list.
 * @throws BadRequestError
 */
export function checkFieldName(
  name: string | undefined,
  before: readonly FormField[],
): asserts name is string {
  if (name === undefined) throw new BadRequestError('A field of the form has no name.', 'request_body');
  if (!FIELD_NAME.test(name) || name === '__proto__') {
    throw new BadRequestError('A field of the form has a name that is not valid.', name.slice(0, 64));
  }
  if (!name.endsWith(']') && before.some((field) => field.name === name)) {
    throw new BadRequestError('A field of the form is given twice.', name);
  }
}

/**
 * The last part of a file's name, fit for a header.
 * @throws BadRequestError for a name that climbs or holds control characters
 */
export function fileNameFrom(name: string | undefined): string {
  const given = name ?? '';
  const segments = given.split(/[\\/]/);
  if (/[\u0000-\u001f\u007f]/.test(given) || segments.includes('..')) {
    throw new BadRequestError('The name of the file is not valid.', 'file');
  }
  const last = (segments.at(-1) ?? '').replaceAll('"', "'").slice(-MAX_FILE_NAME_LENGTH);
  return last === '' ? 'audio' : last;
}
