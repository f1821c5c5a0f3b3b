import { durationFrom, type JsonObject, parseJsonBody, picoUsdFrom, usdText } from '@app/call';
import { type KeyView } from '@app/keys';
import { type KeyPreset } from './key-presets.js';
import { type Form } from './read-form.js';

/** The fields of the form for a key, as typed. */
export interface KeyFields {
  readonly alias: string;
  readonly userId: string;
  readonly teamId: string;
  readonly models: readonly string[];
  readonly budget: string;
  readonly period: string;
  readonly rpm: string;
  readonly tpm: string;
  readonly parallel: string;
  readonly duration: string;
  readonly tags: string;
  readonly metadata: string;
}

/** By field; empty when all is well. */
export type KeyMistakes = Partial<Record<keyof KeyFields, string>>;

export const PERIODS = [
  { value: '1mo', label: 'Every month' },
  { value: '7d', label: 'Every week' },
  { value: '1d', label: 'Every day' },
  { value: '', label: 'Never' },
] as const;

export const DURATIONS = [
  { value: '', label: 'Never' },
  { value: '30d', label: 'In 30 days' },
  { value: '90d', label: 'In 90 days' },
  { value: '365d', label: 'In a year' },
] as const;

/** In the form for a key that is there: its end stays as it is. */
export const KEEP = 'keep';

const EMPTY: KeyFields = {
  alias: '',
  userId: '',
  teamId: '',
  models: [],
  budget: '',
  period: '1mo',
  rpm: '',
  tpm: '',
  parallel: '',
  duration: '',
  tags: '',
  metadata: '',
};

export function presetFields(preset: KeyPreset | null): KeyFields {
  if (!preset) return EMPTY;
  const { alias, budget, period, rpm, tags } = preset;
  return { ...EMPTY, alias, budget, period, rpm, tags };
}

export function postedFields(form: Form): KeyFields {
  return {
    alias: form.text('alias'),
    userId: form.text('user_id'),
    teamId: form.text('team_id'),
    models: form.list('models'),
    budget: form.text('budget'),
    period: form.text('period'),
    rpm: form.text('rpm'),
    tpm: form.text('tpm'),
    parallel: form.text('parallel'),
    duration: form.text('duration'),
    tags: form.text('tags'),
    metadata: form.text('metadata'),
  };
}

const MAX_NAME = 200;
const MAX_COUNT = 2_147_483_647;

/** What is wrong with the fields, each with what to do about it. */
export function mistakesIn(fields: KeyFields): KeyMistakes {
  const mistakes: KeyMistakes = {};
  if (fields.alias === '') mistakes.alias = 'Write a name, such as the program that will use the key.';
  else if (fields.alias.length > MAX_NAME) mistakes.alias = `Write at most ${MAX_NAME} characters.`;
  const budget = fields.budget === '' ? 0n : picoUsdFrom(fields.budget);
  if (budget === null || budget < 0n) mistakes.budget = 'Write a number, such as 5 or 5.50.';
  for (const name of ['rpm', 'tpm', 'parallel'] as const) {
    if (!isCount(fields[name])) mistakes[name] = 'Write a whole number, or nothing for no limit.';
  }
  if (fields.period !== '' && !durationFrom(fields.period)) mistakes.period = 'Choose one of the list.';
  if (!isLifetime(fields.duration)) mistakes.duration = 'Choose one of the list.';
  if (metadataIn(fields) === null) mistakes.metadata = 'Write a JSON object, such as {"team": "home"}.';
  return mistakes;
}

const isLifetime = (text: string): boolean =>
  text === '' || text === KEEP || text === '-1' || durationFrom(text) !== null;

const isCount = (text: string): boolean =>
  text === '' || (/^\d{1,10}$/.test(text) && Number(text) <= MAX_COUNT);

function metadataIn({ metadata }: KeyFields): JsonObject | null {
  if (metadata === '') return {};
  try {
    return parseJsonBody(Buffer.from(metadata)).object;
  } catch {
    return null;
  }
}

/** The body that `/key/generate` would get; what was left empty is left out. */
export function keyBody(fields: KeyFields): JsonObject {
  const tags = fields.tags.split(',').map((tag) => tag.trim());
  const count = (text: string): number | null => (text === '' ? null : Number(text));
  const members: JsonObject = {
    key_alias: fields.alias,
    user_id: fields.userId || null,
    team_id: fields.teamId || null,
    models: [...fields.models],
    max_budget: fields.budget || null,
    budget_duration: fields.budget === '' ? null : fields.period || null,
    rpm_limit: count(fields.rpm),
    tpm_limit: count(fields.tpm),
    max_parallel_requests: count(fields.parallel),
    duration: fields.duration || null,
    tags: tags.filter((tag) => tag !== ''),
    metadata: metadataIn(fields) ?? {},
  };
  return Object.fromEntries(Object.entries(members).filter(([, value]) => !isNothing(value)));
}

function isNothing(value: JsonObject[string]): boolean {
  if (value === null) return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}

/** The fields as a key that is there fills them. */
export function fieldsOf(key: KeyView): KeyFields {
  const { tags, ...metadata } = key.metadata;
  const text = (limit: number | null): string => (limit === null ? '' : String(limit));
  return {
    alias: key.key_alias ?? '',
    userId: key.user_id ?? '',
    teamId: key.team_id ?? '',
    models: key.models,
    budget: key.max_budget === null ? '' : usdText(picoUsdFrom(key.max_budget) ?? 0n),
    period: key.budget_duration ?? '',
    rpm: text(key.rpm_limit),
    tpm: text(key.tpm_limit),
    parallel: text(key.max_parallel_requests),
    duration: KEEP,
    tags: Array.isArray(tags) ? tags.filter((tag) => typeof tag === 'string').join(', ') : '',
    metadata: Object.keys(metadata).length === 0 ? '' : JSON.stringify(metadata, null, 2),
  };
}

/** What `/key/update` would get: only what differs; null takes a limit away. */
export function changesOf(before: KeyFields, after: KeyFields): JsonObject {
  const was = fullBody(before);
  const is = fullBody(after);
  const changed = Object.entries(is).filter(
    ([name, value]) => JSON.stringify(value) !== JSON.stringify(was[name]),
  );
  return {
    ...Object.fromEntries(changed),
    ...(after.duration !== KEEP && { duration: after.duration === '' ? '-1' : after.duration }),
  };
}

/** Tags live in the metadata, so both are always sent together. */
function fullBody(fields: KeyFields): JsonObject {
  const { tags = [], metadata = {}, ...rest } = keyBody(fields);
  delete rest['duration'];
  const names = [
    'user_id',
    'team_id',
    'max_budget',
    'budget_duration',
    'rpm_limit',
    'tpm_limit',
    'max_parallel_requests',
  ];
  const empty = Object.fromEntries(names.map((name) => [name, null]));
  return {
    ...empty,
    models: [],
    ...rest,
    metadata: { ...(metadata as JsonObject), ...(isNothing(tags) ? {} : { tags }) },
  };
}
