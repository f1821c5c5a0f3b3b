import { Get, HttpCode, Inject, Post } from '@nestjs/common';
import { Directory, ManageCustomers, SpentAmounts } from '@app/admin';
import { type Actor, CurrentActor } from '@app/audit';
import { Access, readDto } from '@app/call';
import { LimitsService } from '@app/limits';
import { BudgetsService, CustomerDto, type CustomerRow, CustomersService, type Shown } from '@app/users';
import { newBody } from '../forms/form-body.js';
import { fieldsOf } from '../forms/form-field.js';
import { formView } from '../forms/form.view.js';
import { type RefusedForm, submitForm } from '../forms/submit-form.js';
import { readListQuery } from '../owners/list-query.js';
import { OwnerActivity } from '../owners/owner-activity.js';
import { PageWriter } from '../page-writer.js';
import { CurrentVisit, Named, Pages } from '../pages.js';
import { paths, withQuery } from '../paths.js';
import { type Visit } from '../visitor.js';
import { customerSections } from './customer-form.js';
import { customerView } from './customer-page.view.js';
import { CUSTOMER_FILTERS, customersView } from './customers.view.js';

const MAX_ID = 500;

/** Customers: found, made, looked at. */
@Pages()
export class CustomersPageController {
  @Inject(Directory) private readonly directory!: Directory;
  @Inject(ManageCustomers) private readonly manage!: ManageCustomers;
  @Inject(CustomersService) private readonly customers!: CustomersService;
  @Inject(BudgetsService) private readonly budgets!: BudgetsService;
  @Inject(SpentAmounts) private readonly spent!: SpentAmounts;
  @Inject(LimitsService) private readonly limits!: LimitsService;

  constructor(
    private readonly activity: OwnerActivity,
    private readonly writer: PageWriter,
  ) {}

  @Get('ui/customers')
  @Access('public')
  async index(@CurrentVisit() visit: Visit): Promise<void> {
    const query = readListQuery(visit.query, CUSTOMER_FILTERS);
    const [{ rows: customers, next }, count] = await Promise.all([
      this.directory.customersPage(query),
      this.directory.count('customer'),
    ]);
    const { mayWrite } = visit.visitor;
    const view = customersView({ query, customers, next, count, mayWrite, done: visit.query.get('done') });
    this.writer.send(visit, 'customers', { title: 'Customers', section: 'customers', ...view });
  }

  @Get('ui/customers/new')
  @Access('public')
  blank(@CurrentVisit() visit: Visit): void {
    const id = (visit.query.get('id') ?? '').replaceAll('\0', '').toWellFormed().slice(0, MAX_ID);
    this.form(visit, { values: { period: '1mo', user_id: id } });
  }

  @Post('ui/customers/new')
  @HttpCode(200)
  @Access('public')
  async create(@CurrentVisit() visit: Visit, @CurrentActor() actor: Actor): Promise<void> {
    const fields = fieldsOf(customerSections(true));
    const refused = await submitForm(fields, visit.form, async (values) => {
      const { row } = await this.manage.create(readDto(CustomerDto, newBody(fields, values)), actor);
      this.writer.redirect(visit.res, withQuery(paths.customer(row.user_id), { done: 'created' }));
    });
    if (refused) this.form(visit, refused);
  }

  @Get('ui/customers/:id')
  @Access('public')
  async show(@CurrentVisit() visit: Visit, @Named('id') id: string): Promise<void> {
    const [found] = await this.customers.find([id]);
    const [customer, isShared, activity] = await Promise.all([
      this.spent.addOne(found ?? unknownCustomer(id)),
      found?.row.budget_id ? this.budgets.isShared(found.row.budget_id) : false,
      this.activity.of({ endUser: id }),
    ]);
    const view = customerView({
      customer,
      isUnknown: !found,
      isShared,
      left: this.limits.left(`end_user:${id}`),
      activity,
      mayWrite: visit.visitor.mayWrite,
      done: visit.query.get('done'),
    });
    this.writer.send(visit, 'customer', { title: customer.alias ?? id, section: 'customers', ...view });
  }

  private form(visit: Visit, state: Pick<RefusedForm, 'values'> & Partial<RefusedForm>): void {
    this.writer.send(visit, 'form', {
      title: 'Add a customer',
      section: 'customers',
      httpStatus: state.mistakes ? 422 : 200,
      crumb: { href: paths.customers, label: 'Customers' },
      heading: 'Add a customer',
      intro: 'Only the id is needed.',
      refused: 'The customer was not added.',
      action: paths.newCustomer,
      submit: 'Add customer',
      form: formView({ sections: customerSections(true), ...state }),
    });
  }
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
