import { type Section } from '../navigation.js';
import { type FormSection } from './form-field.js';
import { formView } from './form.view.js';
import { type RefusedForm } from './submit-form.js';

/** What stands in the fields of a form, and what was wrong with it where it has been refused. */
export type FilledForm = Pick<RefusedForm, 'values'> & Partial<RefusedForm>;

/** What the page of a form says around its fields. */
export interface FormWords {
  /** Of the menu. */
  readonly section: Section;
  /** Of the window; the heading unless told. */
  readonly title?: string;
  readonly heading: string;
  readonly intro: string;
  /** Above the mistakes of a form that was refused. */
  readonly refused: string;
  readonly crumb: { readonly href: string; readonly label: string };
  readonly action: string;
  readonly submit: string;
  /** Beside the button that sends it. */
  readonly note?: string;
  /** Links that fill the form. */
  readonly presets?: readonly object[];
}

/** The model of the template `form`; a form that was refused is a 422. */
export const formPage = (words: FormWords, sections: readonly FormSection[], filled: FilledForm) => ({
  ...words,
  title: words.title ?? words.heading,
  httpStatus: filled.mistakes ? 422 : 200,
  form: formView({ sections, ...filled }),
});
