import { type WithSpend } from '@app/admin';
import { type LimitLeft } from '@app/limits';
import { type CustomerRow } from '@app/users';
import { callRows } from '../calls.view.js';
import { type LimitedRow, limitsPanel, modelLimitFacts } from '../owners/limits-panel.view.js';
import { type Activity } from '../owners/owner-activity.js';
import { usagePanel } from '../owners/usage-panel.view.js';
import { paths, withQuery } from '../paths.js';
import { customerStatus } from './customers.view.js';

export interface CustomerPage {
  readonly customer: WithSpend<CustomerRow>;
  /** Nobody has named, limited or blocked him yet. */
  readonly isUnknown: boolean;
  readonly isShared: boolean;
  readonly left: readonly LimitLeft[];
  readonly activity: Activity;
}

const UNLIMITED: Omit<LimitedRow, 'spend'> = {
  max_budget: null,
  soft_budget: null,
  budget_duration: null,
  budget_reset_at: null,
  rpm_limit: null,
  tpm_limit: null,
  max_parallel_requests: null,
  model_max_budget: {},
};

export function customerView(page: CustomerPage): object {
  const { customer, isUnknown, isShared, left, activity } = page;
  const id = customer.user_id;
  const limits: LimitedRow = { ...UNLIMITED, ...customer.litellm_budget_table, spend: customer.spend };
  return {
    name: customer.alias ?? id,
    status: isUnknown ? { tone: 'off', label: 'Not known by name', note: '' } : customerStatus(customer),
    subtitle: customer.alias ? id : '',
    isUnknown,
    isBlocked: customer.blocked,
    ...(isUnknown && { edit: { href: withQuery(paths.new(paths.customers), { id }) } }),
    ...limitsPanel(limits, left),
    usage: usagePanel(activity.days, { caption: 'Requests per day for this customer' }),
    facts: [
      { label: 'Id', value: id },
      {
        label: 'Budget',
        value: customer.budget_id === null ? 'None' : isShared ? customer.budget_id : 'His own',
        ...(isShared && customer.budget_id !== null && { href: paths.budget(customer.budget_id) }),
      },
      { label: 'Single models', value: modelLimitFacts(limits) },
    ].filter(({ value }) => value !== ''),
    calls: callRows(activity.calls),
    noCalls: 'No calls in the last seven days.',
    allCalls: false,
  };
}
