import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager, In } from 'typeorm';
import { BadRequestError, NotFoundError } from '@app/call';
import { BudgetEntity } from './budget.entity.js';
import { toBudgetRow } from './budget-row.js';
import { BudgetsService } from './budgets.service.js';
import { isStillNamed } from './database-refusals.js';
import { type OrganizationDto } from './dto/organization.dto.js';
import { type LimitFieldsDto } from './dto/limit-fields.dto.js';
import { limitsIn, runningWindow } from './limits-row.js';
import { OrganizationEntity } from './organization.entity.js';
import { OrganizationMemberEntity, type OrganizationRole } from './organization-member.entity.js';
import { type Changed, reading, type Shown } from './shown.js';

const scopeOf = (organizationId: string): string => `organization:${organizationId}`;

function memberRow(member: OrganizationMemberEntity) {
  return {
    user_id: member.userId,
    organization_id: member.organizationId,
    user_role: member.role,
    budget_id: member.budgetId,
    created_at: member.createdAt.toISOString(),
    updated_at: member.updatedAt.toISOString(),
  };
}

/** A member as `/organization/info` shows it. */
export type OrganizationMemberRow = ReturnType<typeof memberRow>;

function rowOf(one: OrganizationEntity, budget: BudgetEntity, members: readonly OrganizationMemberEntity[]) {
  return {
    organization_id: one.organizationId,
    organization_alias: one.organizationAlias,
    budget_id: one.budgetId,
    models: one.models,
    metadata: one.metadata,
    created_at: one.createdAt.toISOString(),
    created_by: one.createdBy,
    updated_at: one.updatedAt.toISOString(),
    updated_by: one.updatedBy,
    litellm_budget_table: toBudgetRow(budget, Date.now()),
    members: members.map(memberRow),
    object_permission: null,
  };
}

/** An organization as management routes show it. */
export type OrganizationRow = ReturnType<typeof rowOf>;

/** The rows of organizations. What is written belongs into a transaction of {@link PrincipalChanges}. */
@Injectable()
export class OrganizationsService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly budgets: BudgetsService,
  ) {}

  /** All, or those that a user is a member of; the newest first. */
  async list(memberId: string | null): Promise<Shown<OrganizationRow>[]> {
    const { manager } = this.dataSource;
    const builder = manager.createQueryBuilder(OrganizationEntity, 'one').orderBy('one.createdAt', 'DESC');
    if (memberId !== null) {
      builder.where(
        'one.organizationId IN (SELECT organization_id FROM organization_members WHERE user_id = :memberId)',
        {
          memberId,
        },
      );
    }
    return shownOf(manager, await reading(builder.getMany()));
  }

  /** @throws NotFoundError */
  async one(id: string, manager: EntityManager = this.dataSource.manager): Promise<Shown<OrganizationRow>> {
    const [found] = await shownOf(
      manager,
      await reading(manager.findBy(OrganizationEntity, { organizationId: id })),
    );
    if (!found) throw unknownOrganization(id);
    return found;
  }

  /** What a user is in an organization; null for none. */
  async roleOf(id: string, userId: string | null): Promise<OrganizationRole | null> {
    if (userId === null) return null;
    const { manager } = this.dataSource;
    const member = await reading(manager.findOneBy(OrganizationMemberEntity, { organizationId: id, userId }));
    return member?.role ?? null;
  }

  /** @throws BadRequestError */
  async insert(manager: EntityManager, fields: OrganizationDto, by: string): Promise<Shown<OrganizationRow>> {
    const { organization_id, organization_alias, budget_id, models, metadata } = fields;
    const limits = limitsIn(fields);
    if (!organization_alias)
      throw new BadRequestError('Name the organization in `organization_alias`.', 'organization_alias');
    const one = new OrganizationEntity();
    one.organizationId = organization_id || randomUUID();
    one.organizationAlias = organization_alias;
    refuseBoth(budget_id, limits);
    const { organizationId } = one;
    if (await manager.existsBy(OrganizationEntity, { organizationId })) throw taken(organizationId);
    one.budgetId =
      budget_id || (await this.budgets.insertFor(manager, scopeOf(one.organizationId), limits ?? {}, by));
    one.models = models ?? [];
    one.metadata = metadata ?? {};
    one.createdAt = one.updatedAt = new Date();
    one.createdBy = one.updatedBy = by;
    await stored(one, manager.insert<object>(OrganizationEntity, one));
    return this.one(one.organizationId, manager);
  }

  /** Changes those fields that are present. @throws NotFoundError, BadRequestError */
  async update(
    manager: EntityManager,
    id: string,
    fields: OrganizationDto,
    by: string,
  ): Promise<Changed<Shown<OrganizationRow>>> {
    const before = await this.one(id, manager);
    const one = await manager.findOneByOrFail(OrganizationEntity, { organizationId: id });
    const { organization_alias, budget_id, models, metadata } = fields;
    const limits = limitsIn(fields);
    refuseBoth(budget_id, limits);
    if (organization_alias) one.organizationAlias = organization_alias;
    if (budget_id) one.budgetId = budget_id;
    if (models !== undefined) one.models = models ?? [];
    if (metadata !== undefined) one.metadata = metadata ?? {};
    one.updatedAt = new Date();
    one.updatedBy = by;
    await stored(one, manager.save(one));
    if (limits) await this.budgets.update(manager, one.budgetId, limits, by);
    return { before, after: await this.one(id, manager) };
  }

  /** Removes organizations with their memberships and the budgets made for them. @throws NotFoundError, BadRequestError */
  async remove(manager: EntityManager, ids: readonly string[]): Promise<Shown<OrganizationRow>[]> {
    const removed: Shown<OrganizationRow>[] = [];
    for (const id of new Set(ids)) {
      removed.push(await this.one(id, manager));
      try {
        await manager.delete(OrganizationEntity, { organizationId: id });
      } catch (error) {
        if (!isStillNamed(error)) throw error;
        const message = `The organization '${id}' still has teams. Delete them or move them first.`;
        throw new BadRequestError(message, 'organization_ids', { cause: error });
      }
      await manager.delete(BudgetEntity, { madeFor: scopeOf(id) });
    }
    return removed;
  }

  /** Adds a member, or changes the role of one. */
  async setMember(
    manager: EntityManager,
    id: string,
    userId: string,
    role: OrganizationRole,
  ): Promise<OrganizationMemberRow> {
    const row = { organizationId: id, userId, role, updatedAt: new Date() };
    await manager.upsert(OrganizationMemberEntity, row, ['organizationId', 'userId']);
    return memberRow(await manager.findOneByOrFail(OrganizationMemberEntity, { organizationId: id, userId }));
  }

  /** @throws NotFoundError when the user is no member */
  async removeMember(manager: EntityManager, id: string, userId: string): Promise<OrganizationMemberRow> {
    const member = await manager.findOneBy(OrganizationMemberEntity, { organizationId: id, userId });
    if (!member) throw new NotFoundError(`The user is no member of the organization '${id}'.`, 'user_id');
    await manager.delete(OrganizationMemberEntity, { organizationId: id, userId });
    return memberRow(member);
  }
}

const unknownOrganization = (id: string): NotFoundError =>
  new NotFoundError(`Organization not found: organization_id=${id} does not exist.`, 'organization_id');

function refuseBoth(budgetId: string | null | undefined, limits: LimitFieldsDto | null): void {
  if (!budgetId || limits === null) return;
  throw new BadRequestError('Send either `budget_id` or limits of its own, not both.', 'budget_id');
}

const taken = (id: string): BadRequestError =>
  new BadRequestError(`Organization id = ${id} already exists.`, 'organization_id');

async function stored(one: OrganizationEntity, work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!isStillNamed(error)) throw error;
    const message = `Budget not found: budget_id=${one.budgetId} does not exist.`;
    throw new BadRequestError(message, 'budget_id', { cause: error });
  }
}

async function shownOf(
  manager: EntityManager,
  all: readonly OrganizationEntity[],
): Promise<Shown<OrganizationRow>[]> {
  if (all.length === 0) return [];
  const ids = all.map(({ organizationId }) => organizationId);
  const [budgets, members] = await Promise.all([
    reading(manager.findBy(BudgetEntity, { budgetId: In(all.map(({ budgetId }) => budgetId)) })),
    reading(
      manager.find(OrganizationMemberEntity, {
        where: { organizationId: In(ids) },
        order: { createdAt: 'ASC' },
      }),
    ),
  ]);
  const budgetOf = new Map(budgets.map((budget) => [budget.budgetId, budget]));
  const nowMs = Date.now();
  return all.flatMap((one) => {
    const budget = budgetOf.get(one.budgetId);
    if (!budget) return [];
    const own = members.filter(({ organizationId }) => organizationId === one.organizationId);
    return [
      {
        row: rowOf(one, budget, own),
        scope: scopeOf(one.organizationId),
        since: runningWindow(budget.limits, 'own', nowMs)?.startsAt ?? null,
      },
    ];
  });
}
