import { Injectable } from '@nestjs/common';
import { ReportDatabase } from '@app/database';

const COUNTS = `SELECT
  (SELECT count(*) FROM customers WHERE budget_id = $1)::int AS customers,
  (SELECT count(*) FROM team_members WHERE budget_id = $1)::int
    + (SELECT count(*) FROM organization_members WHERE budget_id = $1)::int AS members,
  (SELECT count(*) FROM organizations WHERE budget_id = $1)::int AS organizations,
  (SELECT count(*) FROM virtual_keys WHERE budget_id = $1)::int AS keys`;

/** How many of each kind. */
export interface BudgetUse {
  readonly customers: number;
  readonly members: number;
  readonly organizations: number;
  readonly keys: number;
}

/** How many a budget binds. */
@Injectable()
export class BudgetUses {
  constructor(private readonly database: ReportDatabase) {}

  /** @throws UnavailableError */
  async of(budgetId: string): Promise<BudgetUse> {
    const [row] = await this.database.query<BudgetUse>(COUNTS, [budgetId]);
    return row ?? { customers: 0, members: 0, organizations: 0, keys: 0 };
  }
}
