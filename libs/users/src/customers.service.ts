import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { BadRequestError, NotFoundError } from '@app/call';
import { BudgetEntity } from './budget.entity.js';
import { type BudgetRow, toBudgetRow } from './budget-row.js';
import { BudgetsService } from './budgets.service.js';
import { CustomerEntity } from './customer.entity.js';
import { isDuplicate, isStillNamed } from './database-refusals.js';
import { type CustomerDto } from './dto/budget.dto.js';
import { limitsIn, runningWindow } from './limits-row.js';
import { type Changed, type Page, reading, type Shown } from './shown.js';

const scopeOf = (userId: string): string => `end_user:${userId}`;

function rowOf(customer: CustomerEntity, budget: BudgetRow | null) {
  return {
    user_id: customer.userId,
    alias: customer.alias,
    blocked: customer.blocked,
    budget_id: customer.budgetId,
    allowed_model_region: null,
    default_model: null,
    litellm_budget_table: budget,
  };
}

/** An end user as management routes show it. */
export type CustomerRow = ReturnType<typeof rowOf>;

/** The rows of end users. What is written belongs into a transaction of {@link PrincipalChanges}. */
@Injectable()
export class CustomersService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly budgets: BudgetsService,
  ) {}

  /** Those that exist, in the order of `ids`. */
  async find(
    ids: readonly string[],
    manager: EntityManager = this.dataSource.manager,
  ): Promise<Shown<CustomerRow>[]> {
    const customers = await reading(
      manager
        .createQueryBuilder(CustomerEntity, 'one')
        .where('one.userId IN (SELECT unnest(:ids::text[]))', { ids })
        .getMany(),
    );
    const byId = new Map((await shownOf(manager, customers)).map((one) => [one.row.user_id, one]));
    return ids.map((id) => byId.get(id)).filter((one) => one !== undefined);
  }

  /** @throws NotFoundError */
  async one(userId: string, manager: EntityManager = this.dataSource.manager): Promise<Shown<CustomerRow>> {
    const [customer] = await this.find([userId], manager);
    if (!customer) throw unknownCustomer(userId);
    return customer;
  }

  /** The newest first. */
  async page(page: number, pageSize: number): Promise<Page<Shown<CustomerRow>>> {
    const { manager } = this.dataSource;
    const order = { createdAt: 'DESC', userId: 'DESC' } as const;
    const [customers, total] = await reading(
      manager.findAndCount(CustomerEntity, { order, skip: (page - 1) * pageSize, take: pageSize }),
    );
    return { rows: await shownOf(manager, customers), total };
  }

  /** @throws BadRequestError for an id that is taken or a budget that does not exist */
  async insert(
    manager: EntityManager,
    userId: string,
    fields: CustomerDto,
    by: string,
  ): Promise<Shown<CustomerRow>> {
    const customer = newCustomer(userId, by);
    await this.apply(manager, customer, fields, by);
    try {
      await manager.insert(CustomerEntity, customer);
    } catch (error) {
      throw refusal(error, customer);
    }
    return this.one(userId, manager);
  }

  /** Changes those fields that are present. @throws NotFoundError, BadRequestError */
  async update(
    manager: EntityManager,
    userId: string,
    fields: CustomerDto,
    by: string,
  ): Promise<Changed<Shown<CustomerRow>>> {
    const before = await this.one(userId, manager);
    const customer = await manager.findOneByOrFail(CustomerEntity, { userId });
    await this.apply(manager, customer, fields, by);
    customer.updatedAt = new Date();
    customer.updatedBy = by;
    try {
      await manager.save(customer);
    } catch (error) {
      throw refusal(error, customer);
    }
    return { before, after: await this.one(userId, manager) };
  }

  /** Blocks or unblocks; who has no row gets one. */
  async setBlocked(
    manager: EntityManager,
    ids: readonly string[],
    blocked: boolean,
    by: string,
  ): Promise<Changed<Shown<CustomerRow>>[]> {
    const wanted = [...new Set(ids)];
    const before = new Map((await this.find(wanted, manager)).map((one) => [one.row.user_id, one]));
    for (const userId of wanted) {
      const row = Object.assign(newCustomer(userId, by), { blocked });
      await manager
        .createQueryBuilder()
        .insert()
        .into(CustomerEntity)
        .values(row)
        .orUpdate(['blocked', 'updated_at', 'updated_by'], ['user_id'])
        .execute();
    }
    const after = await this.find(wanted, manager);
    return after.map((one) => ({ before: before.get(one.row.user_id) ?? null, after: one }));
  }

  /** Removes customers with the budgets that were made for them. Returns what they were. */
  async remove(manager: EntityManager, ids: readonly string[]): Promise<Shown<CustomerRow>[]> {
    const rows = await this.find([...new Set(ids)], manager);
    const found = rows.map(({ row }) => row.user_id);
    if (found.length === 0) return rows;
    await manager.delete(CustomerEntity, found);
    await removeBudgets(manager, found);
    return rows;
  }

  private async apply(
    manager: EntityManager,
    customer: CustomerEntity,
    fields: CustomerDto,
    by: string,
  ): Promise<void> {
    const { alias, blocked, budget_id } = fields;
    const limits = limitsIn(fields);
    if (alias !== undefined) customer.alias = alias || null;
    if (blocked !== undefined) customer.blocked = blocked ?? false;
    if (limits !== null && budget_id) {
      throw new BadRequestError('Send either `budget_id` or limits of its own, not both.', 'budget_id');
    }
    if (budget_id !== undefined) customer.budgetId = budget_id || null;
    if (limits === null) return;
    const own = await manager.findOneBy(BudgetEntity, { madeFor: scopeOf(customer.userId) });
    if (own) await this.budgets.update(manager, own.budgetId, limits, by);
    customer.budgetId =
      own?.budgetId ?? (await this.budgets.insertFor(manager, scopeOf(customer.userId), limits, by));
  }
}

const unknownCustomer = (userId: string): NotFoundError =>
  new NotFoundError(`End User Id=${userId} does not exist.`, 'end_user_id');

function newCustomer(userId: string, by: string): CustomerEntity {
  const customer = new CustomerEntity();
  customer.userId = userId;
  customer.createdAt = customer.updatedAt = new Date();
  customer.createdBy = customer.updatedBy = by;
  return customer;
}

async function removeBudgets(manager: EntityManager, userIds: readonly string[]): Promise<void> {
  const scopes = userIds.map(scopeOf);
  await manager
    .createQueryBuilder()
    .delete()
    .from(BudgetEntity)
    .where('made_for IN (SELECT unnest(:scopes::text[]))', { scopes })
    .execute();
}

async function shownOf(
  manager: EntityManager,
  customers: readonly CustomerEntity[],
): Promise<Shown<CustomerRow>[]> {
  const ids = customers.map(({ budgetId }) => budgetId).filter((id) => id !== null);
  const budgets =
    ids.length === 0
      ? []
      : await reading(
          manager.findBy(
            BudgetEntity,
            ids.map((budgetId) => ({ budgetId })),
          ),
        );
  const byId = new Map(budgets.map((budget) => [budget.budgetId, budget]));
  const nowMs = Date.now();
  return customers.map((customer) => {
    const budget = customer.budgetId === null ? undefined : byId.get(customer.budgetId);
    const window = budget ? runningWindow(budget.limits, 'own', nowMs) : null;
    return {
      row: rowOf(customer, budget ? toBudgetRow(budget, nowMs) : null),
      scope: scopeOf(customer.userId),
      since: window?.startsAt ?? null,
    };
  });
}

function refusal(error: unknown, { userId, budgetId }: CustomerEntity): unknown {
  if (isDuplicate(error)) {
    return new BadRequestError(`Customer already exists, passed user_id=${userId}.`, 'user_id', {
      cause: error,
    });
  }
  if (!isStillNamed(error)) return error;
  return new BadRequestError(`Budget not found: budget_id=${budgetId ?? ''} does not exist.`, 'budget_id', {
    cause: error,
  });
}
