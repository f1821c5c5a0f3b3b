import { Injectable } from '@nestjs/common';
import { type Actor, AuditLog } from '@app/audit';
import { BadRequestError } from '@app/call';
import { type BudgetDto, type BudgetRow, BudgetsService, PrincipalChanges } from '@app/users';
import { actingUser } from '../users/acting-user.js';
import { required } from '../users/query-values.js';

const A_KEY = 'SELECT 1 FROM virtual_keys WHERE budget_id = $1 LIMIT 1';

/** Making, changing and deleting budgets. */
@Injectable()
export class ManageBudgets {
  constructor(
    private readonly changes: PrincipalChanges,
    private readonly budgets: BudgetsService,
    private readonly audit: AuditLog,
  ) {}

  async create(dto: BudgetDto, actor: Actor): Promise<BudgetRow> {
    return this.changes.write(async (manager) => {
      const after = await this.budgets.insert(manager, dto, actingUser(actor.caller));
      await this.audit.record(manager, actor, entryOf('budget.created', null, after));
      return { scopes: [`budget:${after.budget_id}`], result: after };
    });
  }

  /** Whatever the budget binds is bound anew at once. @throws NotFoundError */
  async update(dto: BudgetDto, actor: Actor): Promise<BudgetRow> {
    const id = required(dto.budget_id, 'budget_id');
    return this.changes.write(async (manager) => {
      const { before, after } = await this.budgets.update(manager, id, dto, actingUser(actor.caller));
      await this.audit.record(manager, actor, entryOf('budget.updated', before, after));
      return { scopes: await this.budgets.scopesOf(manager, id), result: after };
    });
  }

  /** @throws NotFoundError, BadRequestError while it binds something */
  async delete(budgetId: string | null | undefined, actor: Actor): Promise<BudgetRow> {
    const id = required(budgetId, 'id');
    return this.changes.write(async (manager) => {
      const before = await this.budgets.remove(manager, id);
      // Keys are written under the same counter: none can be bound to it meanwhile.
      const [held] = await manager.query<unknown[]>(A_KEY, [id]);
      if (held !== undefined)
        throw new BadRequestError(`The budget '${id}' still binds a key. Take it from the key first.`, 'id');
      await this.audit.record(manager, actor, entryOf('budget.deleted', before, null));
      return { scopes: [`budget:${id}`], result: before };
    });
  }
}

const entryOf = (action: string, before: BudgetRow | null, after: BudgetRow | null) => ({
  action,
  entity: 'budget',
  entityId: (after ?? before)?.budget_id ?? '',
  before,
  after,
});
