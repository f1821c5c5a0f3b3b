import { type BudgetUse } from '@app/admin';
import { type JsonObject, picoUsdFrom } from '@app/call';
import { type BudgetRow } from '@app/users';
import { modelLimitFacts, periodText } from '../owners/limits-panel.view.js';
import { madeBy } from '../made-by.js';
import { paths } from '../paths.js';
import { MISSING, plural, shownCount, shortMoney, shownTime } from '../shown-values.js';

export const budgetRows = (budgets: readonly BudgetRow[]): object[] =>
  budgets.map((budget) => ({
    href: paths.budget(budget.budget_id),
    title: budget.budget_id,
    amount: amountText(budget),
    soft: budget.soft_budget === null ? MISSING : shortMoney(picoUsdFrom(budget.soft_budget) ?? 0n),
    rates: ratesText(budget),
    resets: budget.budget_reset_at !== null && shownTime(new Date(budget.budget_reset_at), 'day'),
    created: shownTime(new Date(budget.created_at), 'day'),
  }));

export function budgetView(budget: BudgetRow, use: BudgetUse): object {
  const soft = budget.soft_budget === null ? null : picoUsdFrom(budget.soft_budget);
  return {
    name: budget.budget_id,
    subtitle: amountText(budget),
    label: 'What it binds',
    stats: [
      { label: 'Customers', value: shownCount(use.customers), note: '' },
      { label: 'Keys', value: shownCount(use.keys), note: '' },
      { label: 'Members', value: shownCount(use.members), note: '' },
      { label: 'Organizations', value: shownCount(use.organizations), note: '' },
    ],
    facts: [
      { label: 'Budget', value: amountText(budget) },
      { label: 'Warns at', value: soft === null ? '' : shortMoney(soft) },
      {
        label: 'Starts again',
        value:
          budget.budget_reset_at === null
            ? 'Never'
            : shownTime(new Date(budget.budget_reset_at), 'moment').text,
      },
      { label: 'Limits', value: ratesText(budget) },
      { label: 'Single models', value: modelLimitFacts({ ...budget, spend: 0, metadata: perModel(budget) }) },
      {
        label: 'Created',
        value: madeBy(budget.created_at, budget.created_by),
      },
      {
        label: 'Changed',
        value: madeBy(budget.updated_at, budget.updated_by),
      },
    ].filter(({ value }) => value !== ''),
  };
}

/** Where other rows keep such limits in their metadata, a budget has them beside the others. */
const perModel = (
  budget: BudgetRow & { model_rpm_limit?: JsonObject; model_tpm_limit?: JsonObject },
): JsonObject => ({
  model_rpm_limit: budget.model_rpm_limit ?? {},
  model_tpm_limit: budget.model_tpm_limit ?? {},
});

function amountText({ max_budget, budget_duration }: BudgetRow): string {
  const picoUsd = max_budget === null ? null : picoUsdFrom(max_budget);
  return picoUsd === null ? 'No limit' : `${shortMoney(picoUsd)} ${periodText(budget_duration)}`.trim();
}

function ratesText({ rpm_limit, tpm_limit, max_parallel_requests }: BudgetRow): string {
  const rates = [
    rpm_limit !== null && `${plural(rpm_limit, 'request')} a minute`,
    tpm_limit !== null && `${plural(tpm_limit, 'token')} a minute`,
    max_parallel_requests !== null && `${plural(max_parallel_requests, 'call')} at once`,
  ].filter((text): text is string => text !== false);
  return rates.length === 0 ? 'None' : rates.join(', ');
}
