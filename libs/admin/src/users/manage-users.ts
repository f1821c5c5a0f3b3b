import { Inject, Injectable } from '@nestjs/common';
import { type EntityManager } from 'typeorm';
import { type Actor, AuditLog } from '@app/audit';
import { BadRequestError, NotFoundError } from '@app/call';
import { ConfigStore } from '@app/config';
import { type GeneratedKeyView } from '@app/keys';
import {
  type NewUserDto,
  OrganizationsService,
  PrincipalChanges,
  type Shown,
  TeamMembers,
  TeamsService,
  type UpdateUserDto,
  type UserRow,
  UsersService,
} from '@app/users';
import { actingUser } from './acting-user.js';
import { fillBlanks } from './fill-blanks.js';
import { KeysOf } from './keys-of.js';
import { type JoinedTeam, readTeams } from './read-members.js';

const MAX_NEW_ORGANIZATIONS = 100;

/** Making, changing and deleting users, with what belongs to them. */
@Injectable()
export class ManageUsers {
  @Inject(TeamsService) private readonly teams!: TeamsService;
  @Inject(TeamMembers) private readonly members!: TeamMembers;
  @Inject(ConfigStore) private readonly config!: ConfigStore;
  @Inject(OrganizationsService) private readonly organizations!: OrganizationsService;

  constructor(
    private readonly changes: PrincipalChanges,
    private readonly users: UsersService,
    private readonly keysOf: KeysOf,
    private readonly audit: AuditLog,
  ) {}

  /** The user, and the key that was made along. @throws GatewayError 409, BadRequestError, NotFoundError */
  async create(
    asked: NewUserDto,
    actor: Actor,
  ): Promise<{ user: Shown<UserRow>; key: GeneratedKeyView | null }> {
    const isAdministrator = asked.user_role?.startsWith('proxy_admin') === true;
    const dto = isAdministrator ? asked : fillBlanks(asked, this.config.current.litellm.userDefaults);
    const joined = readTeams(dto.teams);
    if (dto.team_id && !joined.some(({ teamId }) => teamId === dto.team_id)) {
      joined.unshift({ teamId: dto.team_id, role: 'user', maxBudget: null });
    }
    const organizationIds = dto.organizations ?? [];
    if (organizationIds.length > MAX_NEW_ORGANIZATIONS)
      throw new BadRequestError('Too many organizations.', 'organizations');
    const by = actingUser(actor.caller);
    const user = await this.changes.write(async (manager) => {
      const { row } = await this.users.insert(manager, dto.user_id || null, dto, by);
      const scopes = [`user:${row.user_id}`, ...(await this.join(manager, row.user_id, joined, by))];
      for (const id of organizationIds) {
        await this.organizations.one(id, manager);
        await this.organizations.setMember(manager, id, row.user_id, 'internal_user');
      }
      const [shown] = await this.users.find([row.user_id], manager);
      const result = shown ?? { row, scope: `user:${row.user_id}`, since: null };
      await this.audit.record(manager, actor, {
        action: 'user.created',
        entity: 'user',
        entityId: row.user_id,
        before: null,
        after: result.row,
      });
      return { scopes, result };
    });
    if (dto.auto_create_key === false) return { user, key: null };
    return { user, key: await this.firstKey(dto, user.row.user_id, actor) };
  }

  /**
   * Changes those fields that are present, null takes a limit away. The user is named by id or e-mail address; one that
   * does not exist is made.
   */
  async update(fields: UpdateUserDto, actor: Actor): Promise<Shown<UserRow>> {
    const by = actingUser(actor.caller);
    return this.changes.write(async (manager) => {
      const known = fields.user_id ?? (await this.users.idOfEmail(named(fields.user_email), manager));
      const changed =
        known === null
          ? { before: null, after: await this.users.insert(manager, null, fields, by) }
          : await this.users.update(manager, known, fields, by);
      const { row, scope } = changed.after;
      await this.audit.record(manager, actor, {
        action: changed.before ? 'user.updated' : 'user.created',
        entity: 'user',
        entityId: row.user_id,
        before: changed.before?.row ?? null,
        after: row,
      });
      return { scopes: [scope], result: changed.after };
    });
  }

  /** Deletes users, their keys and memberships. Returns how many. @throws NotFoundError when one does not exist */
  async delete(ids: readonly string[], actor: Actor): Promise<number> {
    const wanted = [...new Set(ids)];
    if (wanted.length === 0) throw new BadRequestError('Name the users to delete in `user_ids`.', 'user_ids');
    const found = new Set((await this.users.find(wanted)).map(({ row }) => row.user_id));
    const missing = wanted.find((id) => !found.has(id));
    if (missing !== undefined)
      throw new NotFoundError(`User not found: user_id=${missing} does not exist.`, 'user_ids');
    return this.keysOf.withoutKeys({ userIds: wanted }, actor, () =>
      this.changes.write(async (manager) => {
        await this.keysOf.requireNone({ userIds: wanted }, manager);
        const budgets = await this.leaveTeams(manager, wanted);
        const removed = await this.users.remove(manager, wanted);
        const entries = removed.map(({ row }) => ({
          action: 'user.deleted',
          entity: 'user',
          entityId: row.user_id,
          before: row,
          after: null,
        }));
        await this.audit.record(manager, actor, ...entries);
        return { scopes: [...removed.map(({ scope }) => scope), ...budgets], result: removed.length };
      }),
    );
  }

  private async leaveTeams(manager: EntityManager, userIds: readonly string[]): Promise<string[]> {
    const scopes: string[] = [];
    for (const userId of userIds) {
      for (const teamId of await this.members.teamIdsOf(userId, manager)) {
        await this.members.remove(manager, teamId, userId);
        scopes.push(`team_member:${teamId}:${userId}`);
      }
    }
    return scopes;
  }

  private async join(
    manager: EntityManager,
    userId: string,
    joined: readonly JoinedTeam[],
    by: string,
  ): Promise<string[]> {
    for (const { teamId, role, maxBudget } of joined) {
      await this.teams.one(teamId, manager);
      await this.members.add(manager, teamId, [{ userId, role: role === 'admin' ? 'admin' : 'user' }]);
      if (maxBudget !== null) {
        await this.members.setLimits(manager, { teamId, userId }, { max_budget: maxBudget }, by);
      }
    }
    return joined.map(({ teamId }) => `team_member:${teamId}:${userId}`);
  }

  /** A user whose key cannot be made is not made either. */
  private async firstKey(dto: NewUserDto, userId: string, actor: Actor): Promise<GeneratedKeyView> {
    try {
      return await this.keysOf.first(dto, userId, actor);
    } catch (error) {
      await this.delete([userId], actor);
      throw error;
    }
  }
}

function named(email: string | null | undefined): string {
  if (email) return email;
  throw new BadRequestError('Name the user in `user_id` or `user_email`.', 'user_id');
}
