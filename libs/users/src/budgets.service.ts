import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { addDuration, BadRequestError, durationFrom, NotFoundError } from '@app/call';
import { applyLimits } from './apply-limits.js';
import { BudgetEntity } from './budget.entity.js';
import { type BudgetRow, toBudgetRow } from './budget-row.js';
import { isDuplicate, isStillNamed } from './database-refusals.js';
import { type BudgetDto } from './dto/budget.dto.js';
import { type LimitFieldsDto } from './dto/limit-fields.dto.js';
import { type Changed, reading } from './shown.js';
import { newBudget } from './new-budget.js';

const MAX_LISTED = 1000;

/** What a budget binds, apart from keys and customers: those look at the budget itself. */
const BOUND = `
  SELECT 'organization:' || organization_id AS scope FROM organizations WHERE budget_id = $1
  UNION ALL SELECT 'team_member:' || team_id || ':' || user_id FROM team_members WHERE budget_id = $1`;

/** The rows of budgets. What is written belongs into a transaction of {@link PrincipalChanges}. */
@Injectable()
export class BudgetsService {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /** Those that exist, in the order of `ids`. */
  async find(ids: readonly string[], manager: EntityManager = this.dataSource.manager): Promise<BudgetRow[]> {
    if (ids.length === 0) return [];
    const budgets = await reading(
      manager
        .createQueryBuilder(BudgetEntity, 'one')
        .where('one.budgetId IN (SELECT unnest(:ids::text[]))', { ids })
        .getMany(),
    );
    const nowMs = Date.now();
    const byId = new Map(budgets.map((budget) => [budget.budgetId, toBudgetRow(budget, nowMs)]));
    return ids.map((id) => byId.get(id)).filter((row) => row !== undefined);
  }

  /** Whether a budget stands by itself: others were made for one thing alone, with which they go. */
  async isShared(budgetId: string): Promise<boolean> {
    const found = await reading(this.dataSource.manager.findOneBy(BudgetEntity, { budgetId }));
    return found !== null && found.madeFor === null;
  }

  /** The newest thousand. */
  async list(): Promise<BudgetRow[]> {
    const budgets = await reading(
      this.dataSource.manager.find(BudgetEntity, {
        order: { createdAt: 'DESC', budgetId: 'DESC' },
        take: MAX_LISTED,
      }),
    );
    const nowMs = Date.now();
    return budgets.map((budget) => toBudgetRow(budget, nowMs));
  }

  /** @throws BadRequestError for an id that is taken */
  async insert(manager: EntityManager, fields: BudgetDto, by: string): Promise<BudgetRow> {
    const budget = newBudget(null, by);
    if (fields.budget_id) budget.budgetId = fields.budget_id;
    apply(budget, fields);
    try {
      await manager.insert<object>(BudgetEntity, budget);
    } catch (error) {
      if (!isDuplicate(error)) throw error;
      throw new BadRequestError(`Budget id = ${budget.budgetId} already exists.`, 'budget_id', {
        cause: error,
      });
    }
    return toBudgetRow(budget, Date.now());
  }

  /** A budget for one thing alone, with which it goes; its id. */
  async insertFor(
    manager: EntityManager,
    scope: string,
    fields: LimitFieldsDto,
    by: string,
  ): Promise<string> {
    const budget = newBudget(scope, by);
    apply(budget, fields);
    await manager.insert<object>(BudgetEntity, budget);
    return budget.budgetId;
  }

  /** @throws NotFoundError */
  async update(
    manager: EntityManager,
    budgetId: string,
    fields: BudgetDto,
    by: string,
  ): Promise<Changed<BudgetRow>> {
    const budget = await manager.findOneBy(BudgetEntity, { budgetId });
    if (!budget) throw unknownBudget(budgetId);
    const before = toBudgetRow(budget, Date.now());
    apply(budget, fields);
    budget.updatedAt = new Date();
    budget.updatedBy = by;
    await manager.save(budget);
    return { before, after: toBudgetRow(budget, Date.now()) };
  }

  /** @throws NotFoundError, BadRequestError while something still has this budget */
  async remove(manager: EntityManager, budgetId: string): Promise<BudgetRow> {
    const [row] = await this.find([budgetId], manager);
    if (!row) throw unknownBudget(budgetId);
    try {
      await manager.delete(BudgetEntity, { budgetId });
    } catch (error) {
      if (!isStillNamed(error)) throw error;
      const message = `The budget '${budgetId}' still binds a customer, a member or an organization. Take it from them first.`;
      throw new BadRequestError(message, 'id', { cause: error });
    }
    return row;
  }

  /** What to announce when this budget has changed. */
  async scopesOf(manager: EntityManager, budgetId: string): Promise<string[]> {
    const bound = await manager.query<{ scope: string }[]>(BOUND, [budgetId]);
    return [`budget:${budgetId}`, ...bound.map(({ scope }) => scope)];
  }
}

const unknownBudget = (budgetId: string): NotFoundError =>
  new NotFoundError(`Budget not found: budget_id=${budgetId} does not exist.`, 'budget_id');

function apply(budget: BudgetEntity, fields: BudgetDto): void {
  applyLimits(budget.limits, fields, new Date());
  if (!fields.budget_reset_at) return;
  const resetAt = new Date(fields.budget_reset_at);
  const duration = budget.limits.budgetDuration === null ? null : durationFrom(budget.limits.budgetDuration);
  if (Number.isNaN(resetAt.getTime()) || !duration) {
    throw new BadRequestError(
      'budget_reset_at must be a time, together with a budget_duration.',
      'budget_reset_at',
    );
  }
  const startsAt = addDuration(resetAt, { ...duration, count: -duration.count });
  if (startsAt) budget.limits.budgetStartsAt = startsAt;
}
