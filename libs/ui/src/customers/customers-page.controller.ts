import { Inject } from '@nestjs/common';
import { type DirectoryQuery, ManageCustomers, SpentAmounts } from '@app/admin';
import { type Actor } from '@app/audit';
import { type JsonObject, readDto } from '@app/call';
import { LimitsService } from '@app/limits';
import { BudgetsService, CustomerDto, type CustomerRow, CustomersService, type Shown } from '@app/users';
import { valuesOf } from '../forms/form-body.js';
import { fieldsOf, type Values } from '../forms/form-field.js';
import { OwnerActivity } from '../owners/owner-activity.js';
import { BlockableOwnerPages, type OwnerList, type OwnerView } from '../owners/owner-pages.js';
import { Pages } from '../pages.js';
import { paths } from '../paths.js';
import { customerSections } from './customer-form.js';
import { customerView } from './customer-page.view.js';
import { CUSTOMER_WORDS } from './customer-words.js';
import { customerRows } from './customers.view.js';

const FIELDS = fieldsOf(customerSections([], false));
const MAX_ID = 500;

@Pages(paths.customers)
export class CustomersPageController extends BlockableOwnerPages<CustomerRow> {
  @Inject(ManageCustomers) private readonly manage!: ManageCustomers;
  @Inject(CustomersService) private readonly customers!: CustomersService;
  @Inject(BudgetsService) private readonly budgets!: BudgetsService;
  @Inject(SpentAmounts) private readonly spent!: SpentAmounts;
  @Inject(LimitsService) private readonly limits!: LimitsService;
  @Inject(OwnerActivity) private readonly activity!: OwnerActivity;

  protected readonly words = CUSTOMER_WORDS;
  protected readonly sections = customerSections;
  protected readonly blank = (query: URLSearchParams): Values => ({
    period: '1mo',
    user_id: (query.get('id') ?? '').replaceAll('\0', '').toWellFormed().slice(0, MAX_ID),
  });
  protected readonly nameOf = ({ alias, user_id }: CustomerRow): string => alias ?? user_id;

  /** Of a shared budget only the name stands in the form. */
  protected async valuesOf(row: CustomerRow): Promise<Values> {
    const isShared = row.budget_id !== null && (await this.budgets.isShared(row.budget_id));
    const limits = isShared ? { budget_id: row.budget_id } : { ...row.litellm_budget_table, budget_id: null };
    return valuesOf(FIELDS, { ...limits, alias: row.alias });
  }

  protected async list(query: DirectoryQuery): Promise<OwnerList> {
    const { rows, next } = await this.directory.customersPage(query);
    return { rows: customerRows(rows), next };
  }

  protected async page(id: string): Promise<OwnerView> {
    const [found] = await this.customers.find([id]);
    const [customer, isShared, activity] = await Promise.all([
      this.spent.addOne(found ?? unknownCustomer(id)),
      found?.row.budget_id ? this.budgets.isShared(found.row.budget_id) : false,
      this.activity.of({ endUser: id }),
    ]);
    const left = this.limits.left(`end_user:${id}`);
    const view = customerView({ customer, isUnknown: !found, isShared, left, activity });
    return { title: customer.alias ?? id, view };
  }

  protected async named(id: string): Promise<CustomerRow> {
    return (await this.customers.one(id)).row;
  }

  protected async add(body: JsonObject, actor: Actor): Promise<string> {
    return (await this.manage.create(readDto(CustomerDto, body), actor)).row.user_id;
  }

  protected change(id: string, changes: JsonObject, actor: Actor): Promise<unknown> {
    return this.manage.update(readDto(CustomerDto, { ...withoutOwnLimits(changes), user_id: id }), actor);
  }

  protected setBlocked(id: string, blocked: boolean, actor: Actor): Promise<unknown> {
    return this.manage.setBlocked([id], blocked, actor);
  }

  protected remove(id: string, actor: Actor): Promise<unknown> {
    return this.manage.delete([id], actor);
  }
}

/** Who gets a shared budget loses limits of his own: to take them away one by one would be to name them. */
function withoutOwnLimits(changes: JsonObject): JsonObject {
  if (!changes['budget_id']) return changes;
  const isLimit = (value: unknown): boolean =>
    value === null || (typeof value === 'object' && Object.keys(value).length === 0);
  return Object.fromEntries(Object.entries(changes).filter(([, value]) => !isLimit(value)));
}

/** Calls may be made for somebody who has no row. */
const unknownCustomer = (id: string): Shown<CustomerRow> => ({
  row: {
    user_id: id,
    alias: null,
    blocked: false,
    budget_id: null,
    allowed_model_region: null,
    default_model: null,
    litellm_budget_table: null,
  },
  scope: `end_user:${id}`,
  since: null,
});
