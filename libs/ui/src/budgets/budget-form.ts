import { type FormSection } from '../forms/form-field.js';
import { budgetSection, idField, MODEL_LIMIT_FIELDS, RATE_SECTION } from '../forms/limit-sections.js';

const ID = idField('budget_id', 'customers, members and keys');

/** The form for a budget; `isNew` adds what can be said only once. */
export function budgetSections(_: readonly string[], isNew: boolean): FormSection[] {
  return [
    ...(isNew ? [{ title: 'What it is called', rows: [ID] }] : []),
    budgetSection('Each that it binds may spend this much by itself.'),
    RATE_SECTION,
    { title: 'More options: limits of single models', rows: MODEL_LIMIT_FIELDS, isMore: true },
  ];
}
