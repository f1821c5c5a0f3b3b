import { type KeyView } from '@app/keys';
import { valuesOf } from './forms/form-body.js';
import { type Choice, type Field, fieldsOf, type FormSection, type Values } from './forms/form-field.js';
import {
  budgetSection,
  METADATA,
  MODEL_LIMIT_FIELDS,
  modelsSection,
  RATE_SECTION,
  TAGS,
} from './forms/limit-sections.js';
import { type KeyPreset } from './key-presets.js';

/** In the form for a key that is there: its end stays as it is. */
const KEEP = 'keep';

const LATER: readonly Choice[] = [
  { value: '30d', label: 'In 30 days' },
  { value: '90d', label: 'In 90 days' },
  { value: '365d', label: 'In a year' },
];

const KEY_TYPES: readonly Choice[] = [
  { value: 'default', label: 'Everything its user may' },
  { value: 'llm_api', label: 'Models only' },
  { value: 'management', label: 'Management only' },
  { value: 'read_only', label: 'Reading only' },
];

const NAME: Field = {
  id: 'alias',
  wire: 'key_alias',
  label: 'Name',
  kind: 'text',
  missing: 'Write a name, such as the program that will use the key.',
  hint: 'What you will look for in lists and logs. Must be unique.',
  width: 'l',
};

const OWNERS: readonly Field[] = [
  { id: 'user_id', wire: 'user_id', label: 'User', kind: 'text' },
  { id: 'team_id', wire: 'team_id', label: 'Team', kind: 'text' },
];

const SHARED: Field = {
  id: 'budget_id',
  wire: 'budget_id',
  label: 'Shared budget',
  kind: 'text',
  hint: 'The id of a budget whose limits hold where the key has none of its own.',
  width: 'l',
};

const ALIASES: Field = {
  id: 'aliases',
  wire: 'aliases',
  label: 'Names of models',
  kind: 'json',
  placeholder: '{"fast": "gpt-3.5-turbo"}',
  hint: 'What this key may say for a model.',
};

const ROUTES: Field = {
  id: 'allowed_routes',
  wire: 'allowed_routes',
  label: 'Routes',
  kind: 'words',
  placeholder: '/v1/chat/completions, /v1/models',
  hint: 'Only these, separated by commas. Empty: all that its kind may call.',
  width: 'l',
  maxLength: 5_000,
};

const CACHE_CONTROLS: Field = {
  id: 'allowed_cache_controls',
  wire: 'allowed_cache_controls',
  label: 'Cache controls',
  kind: 'words',
  placeholder: 'no-cache, ttl',
  hint: 'What calls may say in `cache`. Empty: everything.',
  width: 'l',
  maxLength: 500,
};

const CUSTOM: Field = {
  id: 'custom_key',
  wire: 'key',
  label: 'The key itself',
  kind: 'secret',
  placeholder: 'sk-…',
  hint: 'Empty: a strong one is made. Your own needs sk- and at least 20 characters.',
  width: 'l',
  maxLength: 500,
};

export interface KeyFormKind {
  readonly models: readonly string[];
  readonly isNew: boolean;
  /** Who is none makes and changes keys of his own. */
  readonly isAdmin: boolean;
}

export function keySections({ models, isNew, isAdmin }: KeyFormKind): FormSection[] {
  const budget = budgetSection('When the budget is used up, calls get a 429 that clients do not retry.');
  return [
    {
      title: 'Who it is for',
      text: 'Usage is counted for the key, its user and its team.',
      rows: isAdmin ? [NAME, OWNERS] : [NAME],
    },
    modelsSection(models, 'With nothing chosen the key may call every model that its user and team may.'),
    isAdmin ? { ...budget, rows: [...budget.rows, SHARED] } : budget,
    RATE_SECTION,
    { title: 'How long', rows: [lifetime(isNew)] },
    {
      title: 'More options: limits of single models, names, routes, tags, metadata',
      rows: [
        ...MODEL_LIMIT_FIELDS,
        ALIASES,
        ROUTES,
        CACHE_CONTROLS,
        ...(isNew ? [typeOf(), CUSTOM] : []),
        TAGS,
        { ...METADATA, hint: 'A JSON object of your own. It is returned by /key/info.' },
      ],
      isMore: true,
    },
  ];
}

const lifetime = (isNew: boolean): Field => ({
  id: 'duration',
  wire: 'duration',
  label: 'Expires',
  kind: 'choice',
  width: 'm',
  choices: isNew
    ? [{ value: '', label: 'Never' }, ...LATER]
    : [{ value: KEEP, label: 'As it is' }, { value: '-1', label: 'Never' }, ...LATER],
});

const typeOf = (): Field => ({
  id: 'key_type',
  wire: 'key_type',
  label: 'What it is for',
  kind: 'choice',
  choices: [{ value: '', label: 'As the API has it' }, ...KEY_TYPES],
  width: 'l',
});

/** What the form for a new key begins with. */
export function presetValues(preset: KeyPreset | null, owner: Values): Values {
  if (!preset) return { period: '1mo', ...owner };
  const { alias, budget, period, rpm, tags } = preset;
  return { alias, budget, period, rpm, tags, ...owner };
}

export const valuesOfKey = (fields: readonly Field[], key: KeyView): Values =>
  valuesOf(fields, { ...key, duration: KEEP });

export const keyFields = (kind: Omit<KeyFormKind, 'models'>): Field[] =>
  fieldsOf(keySections({ models: [], ...kind }));
