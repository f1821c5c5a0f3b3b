import {
  type Choice,
  type Field,
  fieldsOf,
  type FormSection,
  listOf,
  type Mistakes,
  textOf,
  type Values,
} from './form-field.js';

/** A form as it stands on its page. */
export interface FormState {
  readonly sections: readonly FormSection[];
  readonly values: Values;
  readonly mistakes?: Mistakes;
  /** A mistake that belongs to no field. */
  readonly general?: string;
}

/** Sections with fields, and above them what is wrong; for the partials `mistakes` and `form-sections`. */
export function formView({ sections, values, mistakes = {}, general = '' }: FormState): object {
  const fields = fieldsOf(sections);
  const wrong = fields.filter(({ id }) => mistakes[id] !== undefined);
  return {
    mistakes: wrong.map(({ id, label }) => ({ href: `#${id}`, text: `${label}: ${mistakes[id] ?? ''}` })),
    general,
    hasMistakes: wrong.length > 0 || general !== '',
    sections: sections.map((section) => sectionView(section, values, mistakes)),
  };
}

function sectionView(section: FormSection, values: Values, mistakes: Mistakes): object {
  const { title, text = '', rows, isMore = false } = section;
  const own = fieldsOf([section]);
  return {
    title,
    text,
    isMore,
    isOpen: own.some(({ id }) => mistakes[id] !== undefined || isFilled(values, id)),
    isPicks: own.length === 1 && own[0]?.kind === 'picks',
    rows: rows.map((row) => {
      const list: readonly Field[] = 'id' in row ? [row] : row;
      return {
        isPair: list.length > 1,
        fields: list.map((field) => fieldView(field, values, mistakes[field.id] ?? '')),
      };
    }),
  };
}

const isFilled = (values: Values, id: string): boolean =>
  textOf(values, id) !== '' || listOf(values, id).length > 0;

function fieldView(field: Field, values: Values, error: string): object {
  const { id, label, kind, hint = '', missing, before = '', after = '', placeholder = '' } = field;
  const value = textOf(values, id);
  const described = [error && `${id}-e`, hint && `${id}-h`].filter(Boolean).join(' ');
  const isSelect = kind === 'choice' || kind === 'duration';
  return {
    id,
    label,
    hint,
    error,
    value: kind === 'secret' ? '' : value,
    before,
    after,
    placeholder,
    described,
    isWrong: error !== '',
    isOptional: missing === undefined && !isSelect,
    isRequired: missing !== undefined,
    isFixed: field.isFixed ?? false,
    isSelect,
    isArea: kind === 'json',
    isPicks: kind === 'picks',
    hasAffix: before !== '' || after !== '',
    type: kind === 'secret' ? 'password' : 'text',
    mode: kind === 'count' ? 'numeric' : kind === 'money' || kind === 'number' ? 'decimal' : 'text',
    width: field.width ? `w-${field.width}` : '',
    maxLength: field.maxLength ?? 200,
    choices: isSelect ? choicesOf(field, value) : [],
    picks: kind === 'picks' ? picksOf(field, listOf(values, id)) : [],
  };
}

/** The list with the present value in it, whatever that is. */
function choicesOf({ choices = [], kind }: Field, value: string): object[] {
  const isKnown = choices.some((one) => one.value === value);
  const other: Choice = { value, label: kind === 'duration' ? `Every ${value}` : value };
  return [...(isKnown ? [] : [other]), ...choices].map((one) => ({
    ...one,
    isSelected: one.value === value,
  }));
}

function picksOf({ choices = [] }: Field, chosen: readonly string[]): object[] {
  const names = choices.map(({ value }) => value);
  const others = chosen.filter((name) => !names.includes(name));
  const all: readonly Choice[] = [...others.map((value) => ({ value, label: value })), ...choices];
  return all.map((one) => ({ ...one, isChosen: chosen.includes(one.value) }));
}
