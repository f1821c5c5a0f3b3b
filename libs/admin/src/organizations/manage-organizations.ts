import { Inject, Injectable } from '@nestjs/common';
import { type EntityManager } from 'typeorm';
import { type Actor, AuditLog } from '@app/audit';
import { BadRequestError, type Caller, PermissionError } from '@app/call';
import {
  type AddOrganizationMembersDto,
  BudgetsService,
  isAdmin,
  isPlain,
  mayWrite,
  type OrganizationDto,
  type OrganizationMemberDto,
  type OrganizationMemberRow,
  type OrganizationRow,
  OrganizationsService,
  PrincipalChanges,
  seesEverything,
  type Shown,
  type UpdateOrganizationMemberDto,
  UsersService,
} from '@app/users';
import { ResolveMembers } from '../teams/resolve-members.js';
import { actingUser } from '../users/acting-user.js';
import { required } from '../users/query-values.js';
import { readMembers } from '../users/read-members.js';

/** The last one is what a member gets who is given none. */
const ROLES = ['org_admin', 'internal_user_viewer', 'internal_user'] as const;
type Organization = Shown<OrganizationRow>;

const BOUND_KEYS =
  'SELECT organization_id AS id FROM virtual_keys WHERE organization_id = ANY ($1::text[]) LIMIT 1';

/** Making, changing and deleting organizations, and who is in them. */
@Injectable()
export class ManageOrganizations {
  @Inject(UsersService) private readonly users!: UsersService;
  @Inject(BudgetsService) private readonly budgets!: BudgetsService;

  constructor(
    private readonly changes: PrincipalChanges,
    private readonly organizations: OrganizationsService,
    private readonly resolve: ResolveMembers,
    private readonly audit: AuditLog,
  ) {}

  async create(dto: OrganizationDto, actor: Actor): Promise<Organization> {
    return this.changes.write(async (manager) => {
      const after = await this.organizations.insert(manager, dto, actingUser(actor.caller));
      await this.note(manager, actor, 'organization.created', { before: null, after });
      return { scopes: [after.scope], result: after };
    });
  }

  /** A budget that others share is changed for them too. @throws NotFoundError */
  async update(dto: OrganizationDto, actor: Actor): Promise<Organization> {
    const id = required(dto.organization_id, 'organization_id');
    return this.changes.write(async (manager) => {
      const changed = await this.organizations.update(manager, id, dto, actingUser(actor.caller));
      await this.note(manager, actor, 'organization.updated', changed);
      const { scope, row } = changed.after;
      const bound = await this.budgets.scopesOf(manager, row.budget_id);
      return { scopes: [...new Set([scope, ...bound])], result: changed.after };
    });
  }

  /** @throws NotFoundError, BadRequestError while an organization still has teams or keys of its own */
  async delete(ids: readonly string[] | null | undefined, actor: Actor): Promise<Organization[]> {
    const wanted = ids ?? [];
    if (wanted.length === 0)
      throw new BadRequestError('Name them in `organization_ids`.', 'organization_ids');
    return this.changes.write(async (manager) => {
      const removed = await this.organizations.remove(manager, wanted);
      // Keys are written under the same counter: none can be bound to them meanwhile.
      const [bound] = await manager.query<{ id: string }[]>(BOUND_KEYS, [wanted]);
      if (bound) {
        const message = `The organization '${bound.id}' still has keys. Delete them or move them first.`;
        throw new BadRequestError(message, 'organization_ids');
      }
      for (const before of removed)
        await this.note(manager, actor, 'organization.deleted', { before, after: null });
      return { scopes: removed.map(({ scope }) => scope), result: removed };
    });
  }

  /** Users who do not exist are made. */
  async addMembers(dto: AddOrganizationMembersDto, actor: Actor): Promise<OrganizationMemberRow[]> {
    const id = await this.managed(dto.organization_id, actor.caller);
    const named = readMembers(dto.member, ROLES, 'member');
    return this.changes.write(async (manager) => {
      await this.organizations.one(id, manager);
      const rows: OrganizationMemberRow[] = [];
      const scopes: string[] = [];
      for (const one of named) {
        const { members, created } = await this.resolve.in(manager, [one], actingUser(actor.caller));
        const role = ROLES.find((known) => known === one.role) ?? 'internal_user';
        scopes.push(...created.map((userId) => `user:${userId}`));
        for (const { userId } of members)
          rows.push(await this.organizations.setMember(manager, id, userId, role));
      }
      await this.noteMembers(manager, actor, 'organization.member_added', rows);
      return { scopes, result: rows };
    });
  }

  /** @throws NotFoundError when the user is no member */
  async updateMember(dto: UpdateOrganizationMemberDto, actor: Actor): Promise<OrganizationMemberRow> {
    const id = await this.managed(dto.organization_id, actor.caller);
    const role = ROLES.find((known) => known === dto.role);
    if (role === undefined) throw new BadRequestError(`role must be one of ${ROLES.join(', ')}.`, 'role');
    const userId = await this.userNamed(dto);
    return this.changes.write(async (manager) => {
      await this.organizations.removeMember(manager, id, userId);
      const row = await this.organizations.setMember(manager, id, userId, role);
      await this.noteMembers(manager, actor, 'organization.member_updated', [row]);
      return { scopes: [], result: row };
    });
  }

  /** @throws NotFoundError when the user is no member */
  async removeMember(dto: OrganizationMemberDto, actor: Actor): Promise<OrganizationMemberRow> {
    const id = await this.managed(dto.organization_id, actor.caller);
    const userId = await this.userNamed(dto);
    return this.changes.write(async (manager) => {
      const row = await this.organizations.removeMember(manager, id, userId);
      await this.noteMembers(manager, actor, 'organization.member_deleted', [row]);
      return { scopes: [], result: row };
    });
  }

  /** @throws PermissionError for an organization that is not the caller's, whether there is one or not */
  async requireSight(caller: Caller, id: string): Promise<void> {
    if (seesEverything(caller)) return;
    const role = isPlain(caller) ? null : await this.organizations.roleOf(id, caller.userId);
    if (role === null) throw denied(id);
  }

  private async managed(organizationId: string | null | undefined, caller: Caller): Promise<string> {
    const id = required(organizationId, 'organization_id');
    if (isAdmin(caller)) return id;
    const isPersonal = mayWrite(caller) && caller.teamId === null;
    const role = isPersonal ? await this.organizations.roleOf(id, caller.userId) : null;
    if (role !== 'org_admin') throw denied(id);
    return id;
  }

  private async userNamed({ user_id, user_email }: OrganizationMemberDto): Promise<string> {
    return user_id || (await this.users.idOfEmail(required(user_email, 'user_id'))) || '';
  }

  private async note(
    manager: EntityManager,
    actor: Actor,
    action: string,
    { before, after }: { before: Organization | null; after: Organization | null },
  ): Promise<void> {
    const entityId = (after ?? before)?.row.organization_id ?? '';
    const rows = { before: before?.row ?? null, after: after?.row ?? null };
    await this.audit.record(manager, actor, { action, entity: 'organization', entityId, ...rows });
  }

  private async noteMembers(
    manager: EntityManager,
    actor: Actor,
    action: string,
    rows: readonly OrganizationMemberRow[],
  ): Promise<void> {
    const entries = rows.map((after) => {
      const entity = { entity: 'organization', entityId: after.organization_id };
      return { action, ...entity, before: null, after };
    });
    await this.audit.record(manager, actor, ...entries);
  }
}

const denied = (id: string): PermissionError =>
  new PermissionError(
    `You have no right to do this with the organization organization_id=${id}.`,
    'auth_error',
    'organization_id',
  );
