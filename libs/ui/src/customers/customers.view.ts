import { type DirectoryQuery, type WithSpend } from '@app/admin';
import { picoUsdFrom } from '@app/call';
import { type CustomerRow } from '@app/users';
import { budgetMeter, periodText } from '../owners/limits-panel.view.js';
import { isNarrowed, type ListFilter, listFrame, STATE_FILTER } from '../owners/list-query.js';
import { countText, doneFlash, ownerStatus } from '../owners/owner-status.js';
import { paths, withQuery } from '../paths.js';

export const CUSTOMER_FILTERS: readonly ListFilter[] = [STATE_FILTER];

const DONE = { deleted: 'The customer is deleted. Calls for him go on without limits of his own.' };

export interface CustomerListPage {
  readonly query: DirectoryQuery;
  readonly customers: readonly WithSpend<CustomerRow>[];
  readonly next: string | null;
  readonly count: number;
  readonly mayWrite: boolean;
  readonly done: string | null;
}

export function customersView(page: CustomerListPage): object {
  const { query, customers, next, count, mayWrite, done } = page;
  return {
    subtitle: `${countText(count, 'customer', 'customers')} with a name, a budget or a block`,
    add: mayWrite && { href: paths.newCustomer },
    done: doneFlash(DONE, done),
    list: listFrame({
      path: paths.customers,
      query,
      filters: CUSTOMER_FILTERS,
      next,
      placeholder: 'Name, id',
    }),
    customers: customers.map((customer) => ({
      href: paths.customer(customer.user_id),
      title: customer.alias ?? customer.user_id,
      name: customer.alias ? customer.user_id : '',
      status: customerStatus(customer),
      shared: customer.budget_id ?? '',
      budget: customerMeter(customer),
    })),
    empty: isNarrowed(query) ? unknown(query) : none(mayWrite),
  };
}

export const customerStatus = (customer: WithSpend<CustomerRow>) =>
  ownerStatus({ ...customer, max_budget: customer.litellm_budget_table?.max_budget ?? null });

function customerMeter({ litellm_budget_table: budget, spend }: WithSpend<CustomerRow>) {
  const meter = budgetMeter(picoUsdFrom(spend) ?? 0n, budget?.max_budget ?? null);
  const period = budget?.max_budget == null ? '' : ` ${periodText(budget.budget_duration)}`;
  return { ...meter, of: `${meter.of}${period}`.trim() };
}

/** Whoever calls are made for has a page, known or not. */
function unknown({ search }: DirectoryQuery): object {
  const shown = { icon: 'search', title: 'No customer matches' };
  if (search === '') {
    return {
      ...shown,
      text: 'No customer is like that now.',
      label: 'Show all customers',
      href: paths.customers,
    };
  }
  return {
    ...shown,
    text: 'Only customers with a name, a budget or a block are listed here. Calls may still have been made for this id.',
    label: 'See the calls made for this id',
    href: paths.customer(search),
  };
}

const none = (mayWrite: boolean): object => ({
  icon: 'user',
  title: 'No customers yet',
  text: 'A customer is somebody for whom a program makes calls, such as a user of LibreChat or Open WebUI. Give him a budget or block him without touching the key of the program.',
  label: mayWrite ? 'Add the first customer' : '',
  href: withQuery(paths.newCustomer, {}),
});
