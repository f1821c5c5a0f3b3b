import { randomUUID } from 'node:crypto';
import { BudgetEntity } from './budget.entity.js';

/** @param madeFor the scope of the one thing with which it goes; null: it stands by itself */
export function newBudget(madeFor: string | null, by: string): BudgetEntity {
  const budget = new BudgetEntity();
  budget.budgetId = randomUUID();
  budget.madeFor = madeFor;
  budget.createdAt = budget.updatedAt = budget.limits.budgetStartsAt = new Date();
  budget.createdBy = budget.updatedBy = by;
  return budget;
}
