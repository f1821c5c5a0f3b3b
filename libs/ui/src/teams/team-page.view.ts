import { type TeamView } from '@app/admin';
import { picoUsdFrom } from '@app/call';
import { type TokenView } from '@app/keys';
import { type LimitLeft } from '@app/limits';
import { callRows } from '../calls.view.js';
import { keysPanel } from '../owners/keys-panel.view.js';
import {
  budgetMeter,
  limitsPanel,
  modelLimitFacts,
  modelsText,
  periodText,
} from '../owners/limits-panel.view.js';
import { metadataText, tagsText } from '../owners/metadata-text.js';
import { type Activity } from '../owners/owner-activity.js';
import { ownerStatus } from '../owners/owner-status.js';
import { usagePanel } from '../owners/usage-panel.view.js';
import { paths, withQuery } from '../paths.js';
import { madeBy } from '../made-by.js';
import { MISSING, plural, shortMoney } from '../shown-values.js';

export interface TeamPage {
  readonly team: TeamView;
  readonly keys: readonly TokenView[];
  readonly left: readonly LimitLeft[];
  readonly activity: Activity;
  readonly mayWrite: boolean;
}

export function teamView({ team, keys, left, activity, mayWrite }: TeamPage): object {
  const id = team.team_id;
  return {
    name: team.team_alias ?? id,
    status: ownerStatus(team),
    subtitle: [team.team_alias && id, team.organization_id && `organization ${team.organization_id}`]
      .filter(Boolean)
      .join(' · '),
    isBlocked: team.blocked,
    ...limitsPanel(team, left),
    usage: usagePanel(activity.days, { caption: 'Requests per day of this team by model' }),
    facts: factsOf(team),
    members: membersOf(team, mayWrite),
    addMember: mayWrite && { href: paths.newMember(id) },
    showsKeyUsers: true,
    ...keysPanel(keys, id),
    newKey: { href: withQuery(paths.newKey, { team: id }) },
    calls: callRows(activity.calls),
    noCalls: 'No calls yet. The first one appears here within a second of its end.',
    allCalls: false,
  };
}

function factsOf(team: TeamView): object[] {
  const eachBudget = team.team_member_budget;
  const each = [
    eachBudget !== null &&
      `${shortMoney(picoUsdFrom(eachBudget) ?? 0n)} ${periodText(team.team_member_budget_duration)}`.trim(),
    team.team_member_rpm_limit !== null && `${plural(team.team_member_rpm_limit, 'request')} a minute`,
    team.team_member_tpm_limit !== null && `${plural(team.team_member_tpm_limit, 'token')} a minute`,
  ].filter((text): text is string => text !== false);
  const aliases = Object.entries(team.litellm_model_table?.['model_aliases'] ?? {});
  return [
    { label: 'Models', value: team.models.length === 0 ? modelsText([]) : team.models.join(', ') },
    { label: 'Single models', value: modelLimitFacts(team) },
    { label: 'Each member', value: each.join(', ') },
    { label: 'Members may', value: team.team_member_permissions.join(', ') },
    { label: 'Names', value: aliases.map(([name, target]) => `${name} is ${String(target)}`).join(', ') },
    { label: 'Tags', value: tagsText(team.metadata) },
    { label: 'Metadata', value: metadataText(team.metadata) },
    { label: 'Created', value: madeBy(team.created_at, team.created_by) },
    { label: 'Changed', value: madeBy(team.updated_at, team.updated_by) },
  ].filter(({ value }) => value !== '');
}

const MAX_MEMBERS = 200;

function membersOf(team: TeamView, mayWrite: boolean): object[] {
  const memberships = new Map(team.team_memberships.map((one) => [one.user_id, one]));
  return team.members_with_roles.slice(0, MAX_MEMBERS).map(({ user_id, user_email, role }) => {
    const membership = memberships.get(user_id);
    const own = membership?.litellm_budget_table ?? null;
    const budget = own?.max_budget ?? team.team_member_budget;
    const period = own ? own.budget_duration : team.team_member_budget_duration;
    const meter = budgetMeter(picoUsdFrom(membership?.spend ?? 0) ?? 0n, budget);
    const rates = [
      own?.rpm_limit != null && plural(own.rpm_limit, 'request'),
      own?.tpm_limit != null && plural(own.tpm_limit, 'token'),
    ].filter((text): text is string => text !== false);
    return {
      href: paths.user(user_id),
      title: user_email ?? user_id,
      name: user_email === null ? '' : user_id,
      role: role === 'admin' ? { label: 'Team admin', tone: 'accent' } : { label: 'Member', tone: '' },
      budget: budget === null ? meter : { ...meter, of: `${meter.of} ${periodText(period)}`.trim() },
      rates: rates.length === 0 ? MISSING : `${rates.join(', ')} a minute`,
      edit: mayWrite && { href: paths.editMember(team.team_id, user_id) },
      remove: mayWrite && { href: paths.removeMember(team.team_id, user_id) },
    };
  });
}
