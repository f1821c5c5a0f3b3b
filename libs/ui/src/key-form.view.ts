import { DURATIONS, KEEP, type KeyFields, type KeyMistakes, PERIODS } from './key-form.js';
import { KEY_PRESETS } from './key-presets.js';
import { paths, withQuery } from './paths.js';

export interface KeyFormPage {
  readonly fields: KeyFields;
  readonly mistakes: KeyMistakes;
  /** A mistake that belongs to no field. */
  readonly general: string;
  /** Those that the key may be given. */
  readonly models: readonly string[];
  readonly preset: string;
}

const NAMES: Readonly<Record<keyof KeyFields, string>> = {
  alias: 'Name',
  userId: 'User',
  teamId: 'Team',
  models: 'Models',
  budget: 'Budget',
  period: 'Starts again',
  rpm: 'Requests',
  tpm: 'Tokens',
  parallel: 'At once',
  duration: 'Expires',
  tags: 'Tags',
  metadata: 'Metadata',
};

export function keyFormView({ fields, mistakes, general, models, preset }: KeyFormPage): object {
  const field = (name: keyof KeyFields): object => ({ value: fields[name], error: mistakes[name] ?? '' });
  const found = Object.entries(mistakes) as [keyof KeyFields, string][];
  const chosen = new Set(fields.models);
  return {
    crumb: { href: paths.keys },
    action: paths.newKey,
    presets: [
      ...KEY_PRESETS.map(({ name, label }) => ({
        label,
        href: withQuery(paths.newKey, { preset: name }),
        isCurrent: name === preset,
      })),
      { label: 'Empty', href: paths.newKey, isCurrent: preset === '' },
    ],
    mistakes: found.map(([name, text]) => ({ href: `#${name}`, text: `${NAMES[name]}: ${text}` })),
    general,
    hasMistakes: found.length > 0 || general !== '',
    alias: field('alias'),
    userId: field('userId'),
    teamId: field('teamId'),
    budget: field('budget'),
    rpm: field('rpm'),
    tpm: field('tpm'),
    parallel: field('parallel'),
    tags: field('tags'),
    metadata: field('metadata'),
    models: models.map((name) => ({ name, isChosen: chosen.has(name) })),
    periods: choices(PERIODS, fields.period, `Every ${fields.period}`),
    durations: choices(DURATIONS, fields.duration, fields.duration === KEEP ? 'As it is' : fields.duration),
    hasMore: Boolean(fields.tags || fields.metadata || mistakes.tags || mistakes.metadata),
  };
}

/** The list with the present value in it, whatever that is. */
function choices(list: readonly { value: string; label: string }[], value: string, label: string): object[] {
  const known = list.some((one) => one.value === value);
  return [...(known ? [] : [{ value, label }]), ...list].map((one) => ({
    ...one,
    isSelected: one.value === value,
  }));
}
