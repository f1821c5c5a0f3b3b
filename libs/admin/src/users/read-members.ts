import { BadRequestError, isJsonObject, type JsonValue, picoUsdFrom } from '@app/call';

const MAX_MEMBERS = 1000;
const MAX_TEXT = 256;

/** Somebody who is named by id, by e-mail address or by both. */
export interface NamedMember {
  readonly userId: string | null;
  readonly email: string | null;
  readonly role: string;
}

/** One member or a list: `{role?, user_id?, user_email?}`. @throws BadRequestError */
export function readMembers(
  value: JsonValue | undefined,
  roles: readonly string[],
  field: string,
): NamedMember[] {
  const items = Array.isArray(value) ? value : [value ?? null];
  if (items.length === 0 || items.length > MAX_MEMBERS) {
    throw new BadRequestError(`${field} must hold 1 to ${MAX_MEMBERS} members.`, field);
  }
  return items.map((item) => {
    if (!isJsonObject(item))
      throw new BadRequestError(
        `${field} must be an object such as {"role": "user", "user_id": "ada"}.`,
        field,
      );
    refuseOthers(item, ['role', 'user_id', 'user_email'], field);
    const member = { userId: textOf(item['user_id'], field), email: textOf(item['user_email'], field) };
    if (member.userId === null && member.email === null) {
      throw new BadRequestError(`Each of ${field} needs a user_id or a user_email.`, field);
    }
    const role = textOf(item['role'], field) ?? roles.at(-1) ?? '';
    if (!roles.includes(role))
      throw new BadRequestError(`The role in ${field} must be one of ${roles.join(', ')}.`, field);
    return { ...member, role };
  });
}

/** A team that a new user joins. */
export interface JoinedTeam {
  readonly teamId: string;
  readonly role: string;
  readonly maxBudget: number | string | null;
}

/** `teams` of a new user: ids, or `{team_id, max_budget_in_team?, user_role?}`. @throws BadRequestError */
export function readTeams(value: readonly JsonValue[] | null | undefined): JoinedTeam[] {
  return (value ?? []).map((item) => {
    if (typeof item === 'string') return { teamId: item, role: 'user', maxBudget: null };
    if (!isJsonObject(item)) throw wrongTeam();
    refuseOthers(item, ['team_id', 'max_budget_in_team', 'user_role'], 'teams');
    const teamId = textOf(item['team_id'], 'teams');
    const role = textOf(item['user_role'], 'teams') ?? 'user';
    const maxBudget = item['max_budget_in_team'] ?? null;
    const isAmount =
      maxBudget === null ||
      ((typeof maxBudget === 'number' || typeof maxBudget === 'string') &&
        (picoUsdFrom(maxBudget) ?? -1n) >= 0n);
    if (teamId === null || !['admin', 'user'].includes(role) || !isAmount) throw wrongTeam();
    return { teamId, role, maxBudget };
  });
}

const wrongTeam = (): BadRequestError =>
  new BadRequestError(
    'teams must be ids, or objects with team_id, user_role (admin or user) and max_budget_in_team.',
    'teams',
  );

function refuseOthers(item: object, known: readonly string[], field: string): void {
  const other = Object.keys(item).find((name) => !known.includes(name));
  if (other !== undefined)
    throw new BadRequestError(`Unknown field \`${other.slice(0, 64)}\` in ${field}.`, field);
}

function textOf(value: JsonValue | undefined, field: string): string | null {
  if (value === undefined || value === null || value === '') return null;
  if (typeof value === 'string' && value.length <= MAX_TEXT) return value;
  throw new BadRequestError(`${field} must hold strings of at most ${MAX_TEXT} characters.`, field);
}
