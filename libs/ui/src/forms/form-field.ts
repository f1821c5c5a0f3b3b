/** How a field is filled in, and what its text means. */
export type FieldKind =
  | 'text'
  | 'secret'
  | 'money'
  | 'count'
  | 'number'
  /** A JSON object. */
  | 'json'
  /** A list, separated by commas. */
  | 'words'
  /** One of a list. */
  | 'choice'
  /** A choice that may also be any other length of time, where a row has one. */
  | 'duration'
  /** Any of a list, each with its box. */
  | 'picks';

export interface Choice {
  readonly value: string;
  readonly label: string;
}

/** One field of a form; its `id` is its name in the form too. */
export interface Field {
  readonly id: string;
  /** The member of a request body that it fills. */
  readonly wire: string;
  readonly label: string;
  readonly kind: FieldKind;
  /** What to say when it is empty; without it the field is optional. */
  readonly missing?: string;
  readonly hint?: string;
  readonly choices?: readonly Choice[];
  /** Shown before and after the text, such as `$` and `a minute`. */
  readonly before?: string;
  readonly after?: string;
  readonly placeholder?: string;
  readonly width?: 's' | 'm' | 'l';
  readonly maxLength?: number;
  /** It is shown and cannot be changed. */
  readonly isFixed?: boolean;
}

export interface FormSection {
  readonly title: string;
  readonly text?: string;
  /** Fields in one list stand beside each other. */
  readonly rows: readonly (Field | readonly Field[])[];
  /** Folded away until something stands in it; the title is what opens it. */
  readonly isMore?: boolean;
}

/** What was typed, by field. */
export type Values = Readonly<Record<string, string | readonly string[]>>;

/** What is wrong, by field; empty when all is well. */
export type Mistakes = Readonly<Record<string, string>>;

export const fieldsOf = (sections: readonly FormSection[]): Field[] =>
  sections.flatMap(({ rows }) => rows.flatMap((row) => row));

export const textOf = (values: Values, id: string): string => {
  const value = values[id];
  return typeof value === 'string' ? value : '';
};

export const listOf = (values: Values, id: string): readonly string[] => {
  const value = values[id];
  return typeof value === 'object' ? value : [];
};
