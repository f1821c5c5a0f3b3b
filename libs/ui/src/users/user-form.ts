import { type Choice, type Field, type FormSection } from '../forms/form-field.js';
import {
  budgetSection,
  idField,
  METADATA,
  MODEL_LIMIT_FIELDS,
  modelsSection,
  RATE_SECTION,
  TAGS,
} from '../forms/limit-sections.js';

const ROLES: readonly Choice[] = [
  { value: 'internal_user', label: 'Member: makes keys of his own' },
  { value: 'internal_user_viewer', label: 'Viewer: sees what is his' },
  { value: 'proxy_admin', label: 'Administrator' },
  { value: 'proxy_admin_viewer', label: 'Administrator who only looks' },
];

/** The role of a user who was given none. */
export const DEFAULT_ROLE = 'internal_user';

const ID = idField('user_id', 'keys and calls');

const TEAMS: Field = {
  id: 'teams',
  wire: 'teams',
  label: 'Teams',
  kind: 'words',
  hint: 'Ids of teams to join, separated by commas.',
  width: 'l',
  maxLength: 2_000,
};

/** The form for a user; `isNew` adds what can be said only once. */
export function userSections(models: readonly string[], isNew: boolean): FormSection[] {
  const own: Field[] = [
    { id: 'user_alias', wire: 'user_alias', label: 'Name', kind: 'text', width: 'l' },
    { id: 'user_email', wire: 'user_email', label: 'E-mail address', kind: 'text', width: 'l' },
    { id: 'user_role', wire: 'user_role', label: 'Role', kind: 'choice', choices: ROLES, width: 'l' },
  ];
  return [
    {
      title: 'Who it is',
      text: 'A person or a service. Keys of a user share his budget and limits.',
      rows: isNew ? [ID, ...own, TEAMS] : own,
    },
    modelsSection(
      models,
      'With nothing chosen every model may be called. Keys can narrow this, never widen it.',
    ),
    budgetSection(
      'Over all keys of the user. When it is used up, calls get a 429 that clients do not retry.',
    ),
    RATE_SECTION,
    {
      title: 'More options: limits of single models, tags, metadata',
      rows: [...MODEL_LIMIT_FIELDS, TAGS, METADATA],
      isMore: true,
    },
  ];
}
