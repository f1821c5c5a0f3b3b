import { type Choice, type Field, type FormSection } from './form-field.js';

export const PERIODS: readonly Choice[] = [
  { value: '1mo', label: 'Every month' },
  { value: '7d', label: 'Every week' },
  { value: '1d', label: 'Every day' },
  { value: '', label: 'Never' },
];

/** The budget of whatever has one. */
const BUDGET_FIELDS: readonly Field[] = [
  { id: 'budget', wire: 'max_budget', label: 'Budget', kind: 'money', before: '$' },
  { id: 'period', wire: 'budget_duration', label: 'Starts again', kind: 'duration', choices: PERIODS },
];

const SOFT_BUDGET: Field = {
  id: 'soft_budget',
  wire: 'soft_budget',
  label: 'Warn at',
  kind: 'money',
  before: '$',
};

const RATE_FIELDS: readonly Field[] = [
  { id: 'rpm', wire: 'rpm_limit', label: 'Requests', kind: 'count', after: 'a minute' },
  { id: 'tpm', wire: 'tpm_limit', label: 'Tokens', kind: 'count', after: 'a minute' },
  { id: 'parallel', wire: 'max_parallel_requests', label: 'At once', kind: 'count', after: 'calls' },
];

export const budgetSection = (text: string): FormSection => ({
  title: 'What may be spent',
  text,
  rows: [[...BUDGET_FIELDS, SOFT_BUDGET]],
});

export const RATE_SECTION: FormSection = {
  title: 'How fast',
  text: 'Empty means no limit of its own.',
  rows: [RATE_FIELDS],
};

/** Limits that hold for single models, as the API takes them. */
export const MODEL_LIMIT_FIELDS: readonly Field[] = [
  {
    id: 'model_max_budget',
    wire: 'model_max_budget',
    label: 'Budget of single models',
    kind: 'json',
    placeholder: '{"gpt-4": {"budget_limit": 5, "time_period": "1mo"}}',
  },
  {
    id: 'model_rpm_limit',
    wire: 'model_rpm_limit',
    label: 'Requests a minute of single models',
    kind: 'json',
    placeholder: '{"gpt-4": 10}',
  },
  {
    id: 'model_tpm_limit',
    wire: 'model_tpm_limit',
    label: 'Tokens a minute of single models',
    kind: 'json',
    placeholder: '{"gpt-4": 20000}',
  },
];

/** The id of something new, which can be chosen once. @param namedBy who names it from then on */
export const idField = (id: string, namedBy: string): Field => ({
  id,
  wire: id,
  label: 'Id',
  kind: 'text',
  hint: `What ${namedBy} name; it stays for good. Empty: one is made.`,
  width: 'l',
});

export const TAGS: Field = {
  id: 'tags',
  wire: 'tags',
  label: 'Tags',
  kind: 'words',
  hint: 'Separate with commas. Usage can be grouped by them.',
  placeholder: 'chat, home',
  width: 'l',
  maxLength: 2_000,
};

export const METADATA: Field = {
  id: 'metadata',
  wire: 'metadata',
  label: 'Metadata',
  kind: 'json',
  hint: 'A JSON object of your own; the API gives it back.',
  placeholder: '{}',
};

/** What may be called: boxes for the models that there are, and names and patterns beyond them. */
export const modelsSection = (models: readonly string[], text: string): FormSection => ({
  title: 'What may be called',
  text,
  rows: [
    {
      id: 'models',
      wire: 'models',
      label: 'Models',
      kind: 'picks',
      choices: models.map((name) => ({ value: name, label: name })),
    },
    {
      id: 'more_models',
      wire: 'more_models',
      label: 'Other names and patterns',
      kind: 'words',
      hint: 'Separate with commas. A star stands for any text, such as qwen*.',
      width: 'l',
      maxLength: 5_000,
    },
  ],
});
