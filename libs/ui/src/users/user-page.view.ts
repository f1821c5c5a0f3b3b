import { type WithSpend } from '@app/admin';
import { type TokenView } from '@app/keys';
import { type LimitLeft } from '@app/limits';
import { type UserRow } from '@app/users';
import { callRows } from '../calls.view.js';
import { keysPanel } from '../owners/keys-panel.view.js';
import { limitsPanel, modelLimitFacts, modelsText } from '../owners/limits-panel.view.js';
import { metadataText, tagsText } from '../owners/metadata-text.js';
import { type Activity } from '../owners/owner-activity.js';
import { ownerStatus } from '../owners/owner-status.js';
import { usagePanel } from '../owners/usage-panel.view.js';
import { paths, withQuery } from '../paths.js';
import { logsHref } from '../read-log-query.js';
import { madeBy } from '../made-by.js';
import { roleBadge } from './users.view.js';

export interface UserPage {
  readonly user: WithSpend<UserRow>;
  readonly keys: readonly TokenView[];
  /** Names by id. */
  readonly teams: ReadonlyMap<string, string | null>;
  readonly left: readonly LimitLeft[];
  readonly activity: Activity;
}

export function userView({ user, keys, teams, left, activity }: UserPage): object {
  const id = user.user_id;
  return {
    name: user.user_alias ?? user.user_email ?? id,
    status: ownerStatus(user),
    role: roleBadge(user.user_role),
    subtitle: [user.user_email, id].filter((text, at, all) => text && all.indexOf(text) === at).join(' · '),
    isBlocked: user.blocked,
    ...limitsPanel(user, left),
    usage: usagePanel(activity.days, { caption: 'Requests per day of this user by model' }),
    facts: [
      { label: 'Models', value: user.models.length === 0 ? modelsText([]) : user.models.join(', ') },
      { label: 'Single models', value: modelLimitFacts(user) },
      ...user.teams.map((team, at) => ({
        label: at === 0 ? 'Teams' : '',
        value: teams.get(team) ?? team,
        href: paths.team(team),
      })),
      { label: 'Tags', value: tagsText(user.metadata) },
      { label: 'Metadata', value: metadataText(user.metadata) },
      {
        label: 'Created',
        value: madeBy(user.created_at, user.created_by),
      },
      {
        label: 'Changed',
        value: madeBy(user.updated_at, user.updated_by),
      },
    ].filter(({ value }) => value !== ''),
    ...keysPanel(keys, id),
    newKey: { href: withQuery(paths.newKey, { user: id }) },
    calls: callRows(activity.calls),
    noCalls: 'No calls yet. The first one appears here within a second of its end.',
    allCalls: { href: logsHref({ user: id }), label: 'All calls of this user' },
  };
}
