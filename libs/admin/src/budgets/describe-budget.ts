import { type JsonValue } from '@app/call';
import { type BudgetRow } from '@app/users';

/** One field of a budget as `/budget/settings` describes it. */
export interface BudgetSetting {
  readonly field_name: string;
  readonly field_type: string;
  readonly field_description: string;
  readonly field_value: JsonValue;
  readonly stored_in_db: boolean;
}

const FIELDS = [
  ['max_budget', 'Float', 'What may be spent in a window, in USD; the call that could pass it is refused.'],
  ['soft_budget', 'Float', 'What may be spent before it is reported, in USD; nothing is refused.'],
  ['max_parallel_requests', 'Integer', 'Calls that may run at the same time.'],
  ['tpm_limit', 'Integer', 'Tokens per minute.'],
  ['rpm_limit', 'Integer', 'Requests per minute.'],
  ['budget_duration', 'String', 'Length of a window: 30s, 15m, 12h, 30d, 2w, 1mo.'],
] as const;

/** @param budget null: there is none, so nothing has a value */
export function describeBudget(budget: BudgetRow | null): BudgetSetting[] {
  return FIELDS.map(([field_name, field_type, field_description]) => {
    const field_value = budget?.[field_name] ?? null;
    return { field_name, field_type, field_description, field_value, stored_in_db: field_value !== null };
  });
}
