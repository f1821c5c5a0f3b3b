import { type BudgetEntity } from './budget.entity.js';
import { limitsRow, metadataRow, runningWindow } from './limits-row.js';

/** A budget as management routes show it; what it binds has the spend. */
export function toBudgetRow(budget: BudgetEntity, nowMs: number) {
  return {
    budget_id: budget.budgetId,
    ...limitsRow(budget.limits),
    ...metadataRow({}, budget.limits),
    budget_reset_at: runningWindow(budget.limits, 'own', nowMs)?.endsAt ?? null,
    created_at: budget.createdAt.toISOString(),
    created_by: budget.createdBy,
    updated_at: budget.updatedAt.toISOString(),
    updated_by: budget.updatedBy,
  };
}

/** See {@link toBudgetRow}. */
export type BudgetRow = ReturnType<typeof toBudgetRow>;
