import { type ListedKey } from '@app/admin';
import { picoUsdFrom } from '@app/call';
import { type KeyView } from '@app/keys';
import { type LimitLeft } from '@app/limits';
import { callRows } from './calls.view.js';
import { DONE, keyStatus, shownKeyName } from './keys.view.js';
import { limitsPanel, modelLimitFacts, modelsText, periodText } from './owners/limits-panel.view.js';
import { metadataText, tagsText } from './owners/metadata-text.js';
import { type Activity } from './owners/owner-activity.js';
import { doneFlash } from './owners/owner-status.js';
import { usagePanel } from './owners/usage-panel.view.js';
import { madeBy } from './made-by.js';
import { paths } from './paths.js';
import { logsHref } from './read-log-query.js';
import { plural, shortMoney, shownMoney, shownTime } from './shown-values.js';

export interface KeyPage {
  /** Its spend is that of the running window. */
  readonly key: ListedKey;
  /** USD. */
  readonly spentInAll: number;
  readonly left: readonly LimitLeft[];
  readonly activity: Activity;
  readonly mayWrite: boolean;
  readonly isAdmin: boolean;
  readonly done: string | null;
}

/** One key: what is left of it, what it is, what it did last. */
export function keyView(page: KeyPage): object {
  const { key, left, activity, mayWrite, isAdmin, done } = page;
  const hash = key.token;
  return {
    crumb: { href: paths.keys },
    name: key.key_alias ?? shownKeyName(key.key_name),
    status: keyStatus(key),
    subtitle: [shownKeyName(key.key_name), key.team_id && `team ${key.team_id}`, key.user_id]
      .filter(Boolean)
      .join(' · '),
    mayWrite,
    mayUnblock: isAdmin || !key.blocked,
    edit: { href: paths.editKey(hash) },
    rotate: { href: paths.rotateKey(hash) },
    block: { action: paths.blockKey(hash) },
    isBlocked: key.blocked,
    remove: { href: paths.deleteKey(hash) },
    done: doneFlash(DONE, done),
    ...limitsPanel(key, left),
    usage: usagePanel(activity.days, { caption: 'Requests per day of this key by model' }),
    facts: [
      ...limitFacts(key),
      { label: 'Spent in all', value: shownMoney(picoUsdFrom(page.spentInAll) ?? 0n) },
      ...belonging(key, isAdmin),
      { label: 'Single models', value: modelLimitFacts(key) },
      { label: 'Names', value: aliasesText(key) },
      { label: 'Routes', value: key.allowed_routes.join(', ') },
      { label: 'Cache controls', value: key.allowed_cache_controls.join(', ') },
      { label: 'Tags', value: tagsText(key.metadata) },
      { label: 'Metadata', value: metadataText(key.metadata) },
      { label: 'Created', value: madeBy(key.created_at, key.created_by) },
      {
        label: 'Rotated',
        value: key.last_rotation_at ? shownTime(new Date(key.last_rotation_at), 'day').text : 'Never',
      },
      { label: 'Hash', value: hash, isMono: true },
    ].filter(({ value }) => value !== ''),
    calls: callRows(activity.calls),
    noCalls: 'No calls yet. The first one appears here within a second of its end.',
    allCalls: isAdmin && { href: logsHref({ key: hash }), label: 'All calls of this key' },
  };
}

function belonging(
  { user_id, team_id, budget_id }: KeyView,
  isAdmin: boolean,
): { label: string; value: string; href: string }[] {
  if (!isAdmin) return [];
  return [
    ...(user_id === null ? [] : [{ label: 'User', value: user_id, href: paths.user(user_id) }]),
    ...(team_id === null ? [] : [{ label: 'Team', value: team_id, href: paths.team(team_id) }]),
    ...(budget_id === null
      ? []
      : [{ label: 'Shared budget', value: budget_id, href: paths.budget(budget_id) }]),
  ];
}

const aliasesText = ({ aliases }: KeyView): string =>
  Object.entries(aliases)
    .map(([name, target]) => `${name} is ${target}`)
    .join(', ');

/** What holds a key back, in words. */
export function limitFacts(key: KeyView): { label: string; value: string }[] {
  const rates = [
    key.rpm_limit !== null && `${plural(key.rpm_limit, 'request')} a minute`,
    key.tpm_limit !== null && `${plural(key.tpm_limit, 'token')} a minute`,
    key.max_parallel_requests !== null && `${plural(key.max_parallel_requests, 'call')} at once`,
  ].filter((text): text is string => text !== false);
  const budget = key.max_budget === null ? null : picoUsdFrom(key.max_budget);
  return [
    { label: 'Models', value: key.models.length === 0 ? modelsText(key.models) : key.models.join(', ') },
    {
      label: 'Budget',
      value: budget === null ? 'No limit' : `${shortMoney(budget)} ${periodText(key.budget_duration)}`.trim(),
    },
    { label: 'Limits', value: rates.length === 0 ? 'None of its own' : rates.join(', ') },
    {
      label: 'Expires',
      value: key.expires === null ? 'Never' : shownTime(new Date(key.expires), 'day').text,
    },
  ];
}
