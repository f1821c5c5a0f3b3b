import { type Field, type FormSection } from '../forms/form-field.js';
import { budgetSection, MODEL_LIMIT_FIELDS, RATE_SECTION } from '../forms/limit-sections.js';

const ID: Field = {
  id: 'user_id',
  wire: 'user_id',
  label: 'Id',
  kind: 'text',
  missing: 'Write the id that calls name as their user.',
  hint: 'What calls send as user, or in a header such as x-openwebui-user-id.',
  width: 'l',
};

/** The form for a customer; `isNew` adds what can be said only once. */
export function customerSections(_: readonly string[], isNew: boolean): FormSection[] {
  const name: Field = { id: 'alias', wire: 'alias', label: 'Name', kind: 'text', width: 'l' };
  const shared: Field = {
    id: 'budget_id',
    wire: 'budget_id',
    label: 'Shared budget',
    kind: 'text',
    hint: 'The id of a budget, instead of limits of his own below.',
    width: 'l',
  };
  return [
    { title: 'Who it is', text: 'Somebody for whom others make calls.', rows: isNew ? [ID, name] : [name] },
    { title: 'Which budget', rows: [shared] },
    budgetSection('Limits of his own.'),
    RATE_SECTION,
    { title: 'More options: limits of single models', rows: MODEL_LIMIT_FIELDS, isMore: true },
  ];
}
