import { Get, HttpCode, Post } from '@nestjs/common';
import { ManageCustomers } from '@app/admin';
import { type Actor, CurrentActor } from '@app/audit';
import { Access, type JsonObject, readDto } from '@app/call';
import { BudgetsService, CustomerDto, type CustomerRow, CustomersService } from '@app/users';
import { changesOf, valuesOf } from '../forms/form-body.js';
import { fieldsOf, type Values } from '../forms/form-field.js';
import { formView } from '../forms/form.view.js';
import { type RefusedForm, submitForm } from '../forms/submit-form.js';
import { PageWriter } from '../page-writer.js';
import { CurrentVisit, Named, Pages } from '../pages.js';
import { paths, withQuery } from '../paths.js';
import { type Visit } from '../visitor.js';
import { customerSections } from './customer-form.js';

const FIELDS = fieldsOf(customerSections(false));

/** What is done to a customer: edited, blocked, deleted. */
@Pages()
export class CustomerActionsController {
  constructor(
    private readonly manage: ManageCustomers,
    private readonly customers: CustomersService,
    private readonly budgets: BudgetsService,
    private readonly writer: PageWriter,
  ) {}

  @Get('ui/customers/:id/edit')
  @Access('public')
  async edit(@CurrentVisit() visit: Visit, @Named('id') id: string): Promise<void> {
    const { row } = await this.customers.one(id);
    this.form(visit, row, { values: await this.valuesOf(row) });
  }

  @Post('ui/customers/:id/edit')
  @HttpCode(200)
  @Access('public')
  async save(
    @CurrentVisit() visit: Visit,
    @CurrentActor() actor: Actor,
    @Named('id') id: string,
  ): Promise<void> {
    const { row } = await this.customers.one(id);
    const before = await this.valuesOf(row);
    const refused = await submitForm(FIELDS, visit.form, async (values) => {
      const changes = withoutOwnLimits(changesOf(FIELDS, before, values));
      await this.manage.update(readDto(CustomerDto, { ...changes, user_id: id }), actor);
      this.writer.redirect(visit.res, withQuery(paths.customer(id), { done: 'saved' }));
    });
    if (refused) this.form(visit, row, refused);
  }

  @Post('ui/customers/:id/block')
  @Access('public')
  async block(
    @CurrentVisit() { res, form }: Visit,
    @CurrentActor() actor: Actor,
    @Named('id') id: string,
  ): Promise<void> {
    const blocked = form.text('blocked') === 'true';
    await this.manage.setBlocked([id], blocked, actor);
    this.writer.redirect(res, withQuery(paths.customer(id), { done: blocked ? 'blocked' : 'unblocked' }));
  }

  @Get('ui/customers/:id/delete')
  @Access('public')
  async askDelete(@CurrentVisit() visit: Visit, @Named('id') id: string): Promise<void> {
    const { row } = await this.customers.one(id);
    const name = row.alias ?? id;
    this.writer.send(visit, 'confirm', {
      title: 'Delete customer',
      section: 'customers',
      name,
      heading: `Delete the customer ${name}?`,
      consequences: [
        'His name, his budget and his block go. Calls for him go on, bound by their key alone.',
        'Usage and logs stay.',
      ],
      milder: 'Blocking refuses calls for him and can be undone.',
      deed: 'Delete customer',
      action: paths.deleteCustomer(id),
      back: { href: paths.customer(id) },
    });
  }

  @Post('ui/customers/:id/delete')
  @Access('public')
  async delete(
    @CurrentVisit() { res }: Visit,
    @CurrentActor() actor: Actor,
    @Named('id') id: string,
  ): Promise<void> {
    await this.manage.delete([id], actor);
    this.writer.redirect(res, withQuery(paths.customers, { done: 'deleted' }));
  }

  /** Of a shared budget only the name stands in the form. */
  private async valuesOf(row: CustomerRow): Promise<Values> {
    const isShared = row.budget_id !== null && (await this.budgets.isShared(row.budget_id));
    const limits = isShared ? { budget_id: row.budget_id } : { ...row.litellm_budget_table, budget_id: null };
    return valuesOf(FIELDS, { ...limits, alias: row.alias });
  }

  private form(
    visit: Visit,
    row: CustomerRow,
    state: Pick<RefusedForm, 'values'> & Partial<RefusedForm>,
  ): void {
    this.writer.send(visit, 'form', {
      title: 'Edit customer',
      section: 'customers',
      httpStatus: state.mistakes ? 422 : 200,
      crumb: { href: paths.customer(row.user_id), label: row.alias ?? row.user_id },
      heading: 'Edit the customer',
      intro: 'Changes hold from the next call on.',
      refused: 'The customer was not changed.',
      action: paths.editCustomer(row.user_id),
      submit: 'Save changes',
      form: formView({ sections: customerSections(false), ...state }),
    });
  }
}

/** Who gets a shared budget loses limits of his own: to take them away one by one would be to name them. */
function withoutOwnLimits(changes: JsonObject): JsonObject {
  if (!changes['budget_id']) return changes;
  const isLimit = (value: unknown): boolean =>
    value === null || (typeof value === 'object' && Object.keys(value).length === 0);
  return Object.fromEntries(Object.entries(changes).filter(([, value]) => !isLimit(value)));
}
