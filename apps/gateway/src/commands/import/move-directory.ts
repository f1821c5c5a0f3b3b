import { type JsonObject } from '@app/call';
import { mapBudget, mapCustomer, mapOrganization, mapUser, placeholderUser } from './map-directory.js';
import { mapTeam, type Member, membersOf } from './map-team.js';
import { type Mapped } from './mapped.js';
import { type Mover } from './mover.js';
import { memberScope, rowsById, spentOf, spentOfPlainMembers } from './spent-of-budgets.js';
import { approximate, notSupported } from './report.js';
import { type SourceRow, textIn } from './source-row.js';
import {
  BUDGETS,
  CUSTOMERS,
  ORGANIZATION_MEMBERS,
  ORGANIZATIONS,
  TEAM_MEMBERS,
  TEAMS,
  USERS,
} from './target-tables.js';
import { type SpendWindow } from './map-limits.js';

/** Whom keys may belong to, as it is here afterwards. */
export interface MovedDirectory {
  readonly teamIds: ReadonlySet<string>;
  readonly budgetWindows: ReadonlyMap<string, SpendWindow>;
}

const ORGANIZATION_ROLES = new Set(['org_admin', 'internal_user', 'internal_user_viewer']);

/** Budgets, organizations, users, teams, members and customers, each after what it names. */
export async function moveDirectory(mover: Mover): Promise<MovedDirectory> {
  const { source, now } = mover;
  const budgetRows = await source.rows('BudgetTable');
  const budgets = budgetRows.map((row) => mapBudget(row, now));
  const budgetIds = await mover.move('budgets', BUDGETS, budgets);
  const windows = budgets.map(({ name, window }): [string, SpendWindow] => [name, window]);
  const budgetWindows = new Map(windows.filter(([id]) => budgetIds.has(id)));

  const organizationRows = await source.rows('OrganizationTable');
  const organizations = organizationRows.map((row) => mapOrganization(row, budgetIds));
  const organizationIds = await mover.move('organizations', ORGANIZATIONS, organizations);
  const teams = await source.rows('TeamTable');
  const members = membersWithIds(teams, await source.rows('UserTable'));
  const userIds = await moveUsers(mover, members, { budgetIds, organizationIds });
  const mappedTeams = await mapTeams(mover, { teams, budgetRows, organizationIds });
  const teamIds = await mover.move('teams', TEAMS, mappedTeams);
  const present = { budgetIds, teamIds, userIds };
  const memberships = await source.rows('TeamMembership');
  await mover.move('team members', TEAM_MEMBERS, mapTeamMembers(members, memberships, present));
  const customerRows = await source.rows('EndUserTable');
  const customers = customerRows.map((row) => mapCustomer(row, budgetWindows));
  await mover.move('customers', CUSTOMERS, customers);

  const terms = {
    budgets: rowsById(budgets, 'budget_id'),
    windows: budgetWindows,
    teams: rowsById(mappedTeams, 'team_id'),
  };
  mover.budgetSpend.push(
    ...spentOf(organizationRows, terms, (row) => `organization:${textIn(row, 'organization_id') ?? ''}`),
    ...spentOf(memberships, terms, memberScope),
    ...spentOfPlainMembers(memberships, terms),
    ...spentOf(customerRows, terms, (row) => `end_user:${textIn(row, 'user_id') ?? ''}`),
  );
  return { teamIds, budgetWindows };
}

/** Users, and what they are in organizations. */
async function moveUsers(
  mover: Mover,
  members: readonly NamedMember[],
  present: Omit<Present, 'userIds'> & { readonly organizationIds: ReadonlySet<string> },
): Promise<ReadonlySet<string>> {
  const { source, now } = mover;
  const rows = await source.rows('UserTable');
  const ofOrganizations = await source.rows('OrganizationMembership');
  const users = [...rows.map((row) => mapUser(row, now)), ...unlisted(rows, members, ofOrganizations)];
  const userIds = await mover.move('users', USERS, users);
  const roles = ofOrganizations.map((row) => mapOrganizationMember(row, { ...present, userIds }));
  await mover.move('organization members', ORGANIZATION_MEMBERS, roles);
  return userIds;
}

interface TeamRows {
  readonly teams: readonly SourceRow[];
  readonly budgetRows: readonly SourceRow[];
  readonly organizationIds: ReadonlySet<string>;
}

async function mapTeams(mover: Mover, { teams, budgetRows, organizationIds }: TeamRows): Promise<Mapped[]> {
  const tables = await mover.source.rows('ModelTable');
  const context = {
    now: mover.now,
    organizationIds,
    modelTables: new Map(tables.map((row) => [Number(row['id']), row])),
    budgets: new Map(budgetRows.map((row) => [textIn(row, 'budget_id') ?? '', row])),
  };
  return teams.map((row) => mapTeam(row, context));
}

interface NamedMember extends Member {
  readonly teamId: string;
}

/** Members who are named by their address get the id of the user who has it. */
function membersWithIds(teams: readonly SourceRow[], users: readonly SourceRow[]): NamedMember[] {
  const byEmail = new Map<string, string>();
  for (const user of users) {
    const email = textIn(user, 'user_email')?.toLowerCase();
    if (email) byEmail.set(email, textIn(user, 'user_id') ?? '');
  }
  return teams.flatMap((team) => {
    const teamId = textIn(team, 'team_id') ?? '';
    const seen = new Map<string, NamedMember>();
    for (const member of membersOf(team)) {
      const userId = member.userId ?? byEmail.get(member.email?.toLowerCase() ?? '') ?? null;
      const key = userId ?? member.email ?? '';
      if (!seen.has(key)) seen.set(key, { ...member, userId, teamId });
    }
    return [...seen.values()];
  });
}

/** Those who are members somewhere and have no row of their own. */
function unlisted(
  users: readonly SourceRow[],
  members: readonly NamedMember[],
  organizationMembers: readonly SourceRow[],
): Mapped[] {
  const known = new Set(users.map((row) => textIn(row, 'user_id')));
  const ids = [
    ...members.map(({ userId, email }) => ({ userId, email })),
    ...organizationMembers.map((row) => ({ userId: textIn(row, 'user_id'), email: null })),
  ];
  return ids.flatMap(({ userId, email }): Mapped[] => {
    if (userId === null || known.has(userId)) return [];
    known.add(userId);
    const why = 'it is only named as a member, and becomes a user without any right of its own';
    return [{ name: userId, row: placeholderUser(userId, email), notes: [approximate(why)] }];
  });
}

interface Present {
  readonly budgetIds: ReadonlySet<string>;
  readonly userIds: ReadonlySet<string>;
}

function mapOrganizationMember(
  row: SourceRow,
  { budgetIds, organizationIds, userIds }: Present & { readonly organizationIds: ReadonlySet<string> },
): Mapped {
  const [userId, organizationId] = [textIn(row, 'user_id') ?? '', textIn(row, 'organization_id') ?? ''];
  const name = `${userId} in ${organizationId}`;
  if (!userIds.has(userId) || !organizationIds.has(organizationId)) {
    return { name, row: null, notes: [notSupported('the user or the organization is not there')] };
  }
  const role = textIn(row, 'user_role') ?? 'internal_user';
  const isKnown = ORGANIZATION_ROLES.has(role);
  return {
    name,
    row: {
      organization_id: organizationId,
      user_id: userId,
      role: isKnown ? role : 'internal_user',
      budget_id: budgetOf(row, budgetIds),
    },
    notes: isKnown ? [] : [approximate(`the role ${role} counts as internal_user`)],
  };
}

function mapTeamMembers(
  members: readonly NamedMember[],
  memberships: readonly SourceRow[],
  { budgetIds, teamIds, userIds }: Present & { readonly teamIds: ReadonlySet<string> },
): Mapped[] {
  const budgets = new Map(
    memberships.map((row): [string, string | null] => [
      JSON.stringify([textIn(row, 'team_id'), textIn(row, 'user_id')]),
      budgetOf(row, budgetIds),
    ]),
  );
  return members.map(({ teamId, userId, email, role }): Mapped => {
    const name = `${userId ?? email ?? ''} in ${teamId}`;
    if (userId === null || !userIds.has(userId) || !teamIds.has(teamId)) {
      const why = userId === null ? 'nobody has this address' : 'the user or the team is not there';
      return { name, row: null, notes: [notSupported(why)] };
    }
    const row: JsonObject = {
      team_id: teamId,
      user_id: userId,
      role,
      budget_id: budgets.get(JSON.stringify([teamId, userId])) ?? null,
    };
    return { name, row, notes: [] };
  });
}

function budgetOf(row: SourceRow, budgetIds: ReadonlySet<string>): string | null {
  const id = textIn(row, 'budget_id');
  return id !== null && budgetIds.has(id) ? id : null;
}
