import { type Form } from '../read-form.js';
import { type Field, type Mistakes, type Values } from './form-field.js';
import { mistakesFrom, mistakesIn, postedValues } from './read-values.js';

/** A form that was not taken: what was typed, and what is wrong with it. */
export interface RefusedForm {
  readonly values: Values;
  readonly mistakes: Mistakes;
  readonly general: string;
}

/** Does `work` with what was posted. Null when it is done; else the form to show again. @throws what is no refusal */
export async function submitForm(
  fields: readonly Field[],
  form: Form,
  work: (values: Values) => Promise<void>,
): Promise<RefusedForm | null> {
  const values = postedValues(fields, form);
  const mistakes = mistakesIn(fields, values);
  if (Object.keys(mistakes).length > 0) return { values, mistakes, general: '' };
  try {
    await work(values);
    return null;
  } catch (error) {
    return { values, ...mistakesFrom(error, fields) };
  }
}
