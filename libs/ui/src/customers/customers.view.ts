import { type WithSpend } from '@app/admin';
import { picoUsdFrom } from '@app/call';
import { type CustomerRow } from '@app/users';
import { budgetMeter, periodText } from '../owners/limits-panel.view.js';
import { ownerStatus } from '../owners/owner-status.js';
import { paths } from '../paths.js';

export const customerRows = (customers: readonly WithSpend<CustomerRow>[]): object[] =>
  customers.map((customer) => ({
    href: paths.customer(customer.user_id),
    title: customer.alias ?? customer.user_id,
    name: customer.alias ? customer.user_id : '',
    status: customerStatus(customer),
    shared: customer.budget_id ?? '',
    budget: customerMeter(customer),
  }));

export const customerStatus = (customer: WithSpend<CustomerRow>) =>
  ownerStatus({ ...customer, max_budget: customer.litellm_budget_table?.max_budget ?? null });

function customerMeter({ litellm_budget_table: budget, spend }: WithSpend<CustomerRow>) {
  const meter = budgetMeter(picoUsdFrom(spend) ?? 0n, budget?.max_budget ?? null);
  const period = budget?.max_budget == null ? '' : ` ${periodText(budget.budget_duration)}`;
  return { ...meter, of: `${meter.of}${period}`.trim() };
}
