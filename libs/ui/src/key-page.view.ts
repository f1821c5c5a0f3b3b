import { picoUsdFrom } from '@app/call';
import { type KeyView } from '@app/keys';
import { type SpendLogRow } from '@app/spend';
import { callRows } from './calls.view.js';
import { type ListedKey } from './key-list-reader.js';
import { budgetMeter, DONE, keyStatus, modelsText, shownKeyName } from './keys.view.js';
import { paths } from './paths.js';
import { logsHref } from './read-log-query.js';
import { MISSING, shownCount, shownTime } from './shown-values.js';

const PERIOD_NAMES: Readonly<Record<string, string>> = {
  '1mo': 'a month',
  '30d': 'a month',
  '7d': 'a week',
  '1d': 'a day',
  '24h': 'a day',
};

export interface KeyPage {
  readonly hash: string;
  readonly key: KeyView;
  readonly calls: readonly SpendLogRow[];
  readonly mayWrite: boolean;
  readonly done: string;
}

/** One key: what is left of it, what it is, what it did last. */
export function keyView({ hash, key, calls, mayWrite, done }: KeyPage): object {
  const listed = listedOf(hash, key);
  return {
    crumb: { href: paths.keys },
    name: key.key_alias ?? shownKeyName(key.key_name),
    status: keyStatus(listed),
    subtitle: [shownKeyName(key.key_name), key.team_id && `team ${key.team_id}`, key.user_id]
      .filter(Boolean)
      .join(' · '),
    mayWrite,
    isBlocked: key.blocked,
    edit: { href: paths.editKey(hash) },
    rotate: { href: paths.rotateKey(hash) },
    block: { action: paths.blockKey(hash) },
    remove: { href: paths.deleteKey(hash) },
    done: DONE[done] ? { tone: 'good', icon: 'check', title: DONE[done], text: '' } : false,
    budget: { ...budgetMeter(listed.spentPicoUsd, listed.maxBudgetUsd), period: periodText(key) },
    limits: limitsOf(key),
    facts: [
      ...limitFacts(key),
      { label: 'Tags', value: tagsOf(key) },
      { label: 'Metadata', value: metadataText(key) },
      { label: 'Created', value: `${shownTime(new Date(key.created_at), 'day').text} by ${key.created_by}` },
      {
        label: 'Rotated',
        value: key.last_rotation_at ? shownTime(new Date(key.last_rotation_at), 'day').text : 'Never',
      },
      { label: 'Hash', value: hash, isMono: true },
    ].filter(({ value }) => value !== ''),
    calls: callRows(calls),
    allCalls: { href: logsHref({ key: hash }) },
  };
}

/** What holds a key back, in words. */
export function limitFacts(key: KeyView): { label: string; value: string; isMono?: boolean }[] {
  const budget = budgetMeter(0n, budgetText(key)) as { of: string };
  const rates = [
    key.rpm_limit !== null && `${shownCount(key.rpm_limit)} requests a minute`,
    key.tpm_limit !== null && `${shownCount(key.tpm_limit)} tokens a minute`,
    key.max_parallel_requests !== null && `${shownCount(key.max_parallel_requests)} calls at once`,
  ].filter((text): text is string => text !== false);
  return [
    { label: 'Models', value: key.models.length === 0 ? modelsText(key.models) : key.models.join(', ') },
    {
      label: 'Budget',
      value:
        key.max_budget === null ? 'No limit' : `${budget.of.replace(/^of /, '')} ${periodText(key)}`.trim(),
    },
    { label: 'Limits', value: rates.length === 0 ? 'None of its own' : rates.join(', ') },
    {
      label: 'Expires',
      value: key.expires === null ? 'Never' : shownTime(new Date(key.expires), 'day').text,
    },
  ];
}

const budgetText = ({ max_budget }: KeyView): string | null =>
  max_budget === null ? null : String(max_budget);

function periodText({ budget_duration, max_budget }: KeyView): string {
  if (budget_duration === null || max_budget === null) return '';
  return PERIOD_NAMES[budget_duration] ?? `every ${budget_duration}`;
}

function limitsOf(key: KeyView): object[] {
  return [
    { label: 'Requests a minute', value: key.rpm_limit },
    { label: 'Tokens a minute', value: key.tpm_limit },
    { label: 'Calls at once', value: key.max_parallel_requests },
  ].map(({ label, value }) => ({
    label,
    text: value === null ? 'no limit' : `at most ${shownCount(value)}`,
  }));
}

const tagsOf = ({ metadata }: KeyView): string => {
  const { tags } = metadata;
  return Array.isArray(tags) ? tags.filter((tag) => typeof tag === 'string').join(', ') : '';
};

function metadataText({ metadata }: KeyView): string {
  const others = Object.entries(metadata).filter(([name]) => name !== 'tags');
  return others.length === 0 ? '' : JSON.stringify(Object.fromEntries(others)).slice(0, 2_000);
}

function listedOf(hash: string, key: KeyView): ListedKey {
  return {
    hash,
    name: key.key_name,
    alias: key.key_alias,
    userId: key.user_id ?? MISSING,
    teamId: key.team_id,
    models: key.models,
    maxBudgetUsd: budgetText(key),
    spentPicoUsd: picoUsdFrom(key.spend) ?? 0n,
    expiresAt: key.expires === null ? null : new Date(key.expires),
    blocked: key.blocked,
    createdAt: new Date(key.created_at),
  };
}
