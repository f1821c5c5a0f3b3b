import { TEAM_PERMISSIONS } from '@app/admin';
import { type Choice, type Field, type FormSection } from '../forms/form-field.js';
import {
  budgetSection,
  idField,
  METADATA,
  MODEL_LIMIT_FIELDS,
  modelsSection,
  PERIODS,
  RATE_SECTION,
  TAGS,
} from '../forms/limit-sections.js';

const TEAM_ROLES: readonly Choice[] = [
  { value: 'user', label: 'Member' },
  { value: 'admin', label: 'Administrator of the team' },
];

const ID = idField('team_id', 'keys and calls');

const MEMBERS: Field = {
  id: 'members',
  wire: 'members',
  label: 'Members',
  kind: 'words',
  hint: 'Ids or e-mail addresses, separated by commas. Who is unknown becomes a user.',
  width: 'l',
  maxLength: 5_000,
};

const EACH_MEMBER: readonly (Field | readonly Field[])[] = [
  [
    { id: 'member_budget', wire: 'team_member_budget', label: 'Budget', kind: 'money', before: '$' },
    {
      id: 'member_period',
      wire: 'team_member_budget_duration',
      label: 'Starts again',
      kind: 'duration',
      choices: PERIODS,
    },
  ],
  [
    { id: 'member_rpm', wire: 'team_member_rpm_limit', label: 'Requests', kind: 'count', after: 'a minute' },
    { id: 'member_tpm', wire: 'team_member_tpm_limit', label: 'Tokens', kind: 'count', after: 'a minute' },
  ],
];

const PERMISSIONS: Field = {
  id: 'permissions',
  wire: 'team_member_permissions',
  label: 'What members may do with keys of the team',
  kind: 'picks',
  choices: TEAM_PERMISSIONS.map((route) => ({ value: route, label: route })),
  hint: 'With nothing chosen members see the keys of the team and change none.',
};

const ALIASES: Field = {
  id: 'model_aliases',
  wire: 'model_aliases',
  label: 'Names of models',
  kind: 'json',
  placeholder: '{"fast": "gpt-3.5-turbo"}',
  hint: 'What keys of the team may say for a model.',
};

/** The form for a team; `isNew` adds what can be said only once. */
export function teamSections(models: readonly string[], isNew: boolean): FormSection[] {
  const own: Field[] = [
    { id: 'team_alias', wire: 'team_alias', label: 'Name', kind: 'text', width: 'l' },
    {
      id: 'organization_id',
      wire: 'organization_id',
      label: 'Organization',
      kind: 'text',
      hint: 'Its id, where there is one.',
      width: 'l',
    },
  ];
  return [
    {
      title: 'Who it is',
      text: 'Users who share models, money and limits.',
      rows: isNew ? [ID, ...own, MEMBERS] : own,
    },
    modelsSection(models, 'With nothing chosen every model may be called.'),
    budgetSection('Over all keys of the team.'),
    RATE_SECTION,
    {
      title: 'Each member',
      text: 'What every member gets who has nothing of his own.',
      rows: EACH_MEMBER,
    },
    { title: 'What members may do with keys of the team', rows: [PERMISSIONS], isMore: true },
    {
      title: 'More options: limits of single models, names, tags, metadata',
      rows: [...MODEL_LIMIT_FIELDS, ALIASES, TAGS, METADATA],
      isMore: true,
    },
  ];
}

/** The form for who is in a team. */
export function memberSections(isNew: boolean): FormSection[] {
  const who: Field = {
    id: 'member',
    wire: 'member',
    label: 'User',
    kind: 'text',
    missing: 'Write the id or the e-mail address of a user.',
    hint: 'The id or the e-mail address. Who is unknown becomes a user.',
    width: 'l',
  };
  const role: Field = {
    id: 'role',
    wire: 'role',
    label: 'Role',
    kind: 'choice',
    choices: TEAM_ROLES,
    hint: 'Administrators of a team manage its keys and members.',
    width: 'l',
  };
  const budget: Field = {
    id: 'max_budget_in_team',
    wire: 'max_budget_in_team',
    label: 'Budget in this team',
    kind: 'money',
    before: '$',
    hint: 'Empty: what the team gives to each.',
  };
  const rates: Field[] = [
    { id: 'rpm', wire: 'rpm_limit', label: 'Requests', kind: 'count', after: 'a minute' },
    { id: 'tpm', wire: 'tpm_limit', label: 'Tokens', kind: 'count', after: 'a minute' },
  ];
  return [
    { title: 'Who', rows: isNew ? [who, role] : [role] },
    {
      title: 'His own limits',
      text: 'They hold for his keys of this team, beside those of the team.',
      rows: [budget, rates],
    },
  ];
}
