import { Get, HttpCode, Inject, Post } from '@nestjs/common';
import { BudgetUses, Directory, ManageBudgets } from '@app/admin';
import { type Actor, CurrentActor } from '@app/audit';
import { Access, BadRequestError, NotFoundError, readDto } from '@app/call';
import { BudgetDto, type BudgetRow, BudgetsService } from '@app/users';
import { changesOf, newBody, valuesOf } from '../forms/form-body.js';
import { fieldsOf } from '../forms/form-field.js';
import { formView } from '../forms/form.view.js';
import { type RefusedForm, submitForm } from '../forms/submit-form.js';
import { readListQuery } from '../owners/list-query.js';
import { PageWriter } from '../page-writer.js';
import { CurrentVisit, Named, Pages } from '../pages.js';
import { paths, withQuery } from '../paths.js';
import { type Visit } from '../visitor.js';
import { budgetSections } from './budget-form.js';
import { budgetsView, budgetView } from './budgets.view.js';

const FIELDS = fieldsOf(budgetSections(false));

type FormState = Pick<RefusedForm, 'values'> & Partial<RefusedForm>;

/** Budgets that customers and keys share: found, made, looked at, edited, deleted. */
@Pages()
export class BudgetsPageController {
  @Inject(Directory) private readonly directory!: Directory;

  constructor(
    private readonly manage: ManageBudgets,
    private readonly budgets: BudgetsService,
    private readonly uses: BudgetUses,
    private readonly writer: PageWriter,
  ) {}

  @Get('ui/budgets')
  @Access('public')
  async index(@CurrentVisit() visit: Visit): Promise<void> {
    const query = readListQuery(visit.query, []);
    const [{ rows: budgets, next }, count] = await Promise.all([
      this.directory.budgetsPage(query),
      this.directory.count('budget'),
    ]);
    const { mayWrite } = visit.visitor;
    const view = budgetsView({ query, budgets, next, count, mayWrite, done: visit.query.get('done') });
    this.writer.send(visit, 'budgets', { title: 'Budgets', section: 'budgets', ...view });
  }

  @Get('ui/budgets/new')
  @Access('public')
  blank(@CurrentVisit() visit: Visit): void {
    this.form(visit, null, { values: { period: '1mo' } });
  }

  @Post('ui/budgets/new')
  @HttpCode(200)
  @Access('public')
  async create(@CurrentVisit() visit: Visit, @CurrentActor() actor: Actor): Promise<void> {
    const fields = fieldsOf(budgetSections(true));
    const refused = await submitForm(fields, visit.form, async (values) => {
      const made = await this.manage.create(readDto(BudgetDto, newBody(fields, values)), actor);
      this.writer.redirect(visit.res, withQuery(paths.budget(made.budget_id), { done: 'created' }));
    });
    if (refused) this.form(visit, null, refused);
  }

  @Get('ui/budgets/:id')
  @Access('public')
  async show(@CurrentVisit() visit: Visit, @Named('id') id: string): Promise<void> {
    const [budget, use] = await Promise.all([this.named(id), this.uses.of(id)]);
    const { mayWrite } = visit.visitor;
    const view = budgetView({ budget, use, mayWrite, done: visit.query.get('done') });
    this.writer.send(visit, 'budget', { title: id, section: 'budgets', ...view });
  }

  @Get('ui/budgets/:id/edit')
  @Access('public')
  async edit(@CurrentVisit() visit: Visit, @Named('id') id: string): Promise<void> {
    this.form(visit, id, { values: valuesOfBudget(await this.named(id)) });
  }

  @Post('ui/budgets/:id/edit')
  @HttpCode(200)
  @Access('public')
  async save(
    @CurrentVisit() visit: Visit,
    @CurrentActor() actor: Actor,
    @Named('id') id: string,
  ): Promise<void> {
    const before = valuesOfBudget(await this.named(id));
    const refused = await submitForm(FIELDS, visit.form, async (values) => {
      const changes = changesOf(FIELDS, before, values);
      await this.manage.update(readDto(BudgetDto, { ...changes, budget_id: id }), actor);
      this.writer.redirect(visit.res, withQuery(paths.budget(id), { done: 'saved' }));
    });
    if (refused) this.form(visit, id, refused);
  }

  @Get('ui/budgets/:id/delete')
  @Access('public')
  async askDelete(@CurrentVisit() visit: Visit, @Named('id') id: string): Promise<void> {
    await this.named(id);
    this.confirm(visit, id, '');
  }

  @Post('ui/budgets/:id/delete')
  @HttpCode(200)
  @Access('public')
  async delete(
    @CurrentVisit() visit: Visit,
    @CurrentActor() actor: Actor,
    @Named('id') id: string,
  ): Promise<void> {
    try {
      await this.manage.delete(id, actor);
      this.writer.redirect(visit.res, withQuery(paths.budgets, { done: 'deleted' }));
    } catch (error) {
      if (!(error instanceof BadRequestError)) throw error;
      this.confirm(visit, id, error.message);
    }
  }

  private confirm(visit: Visit, id: string, problem: string): void {
    this.writer.send(visit, 'confirm', {
      title: 'Delete budget',
      section: 'budgets',
      httpStatus: problem === '' ? 200 : 422,
      name: id,
      heading: `Delete the budget ${id}?`,
      problem,
      consequences: [
        'A budget that still binds a customer, a member or an organization cannot be deleted.',
        'What was spent stays counted.',
      ],
      milder: '',
      deed: 'Delete budget',
      action: paths.deleteBudget(id),
      back: { href: paths.budget(id) },
    });
  }

  /** @throws NotFoundError */
  private async named(id: string): Promise<BudgetRow> {
    const [budget] = await this.budgets.find([id]);
    if (!budget) throw new NotFoundError('There is no such budget.', 'budget_id');
    return budget;
  }

  private form(visit: Visit, id: string | null, state: FormState): void {
    const isNew = id === null;
    this.writer.send(visit, 'form', {
      title: isNew ? 'Add a budget' : 'Edit budget',
      section: 'budgets',
      httpStatus: state.mistakes ? 422 : 200,
      crumb: isNew ? { href: paths.budgets, label: 'Budgets' } : { href: paths.budget(id), label: id },
      heading: isNew ? 'Add a budget' : 'Edit the budget',
      intro: isNew ? 'Everything can stay empty.' : 'Whatever it binds is bound anew from the next call on.',
      refused: isNew ? 'The budget was not added.' : 'The budget was not changed.',
      action: isNew ? paths.newBudget : paths.editBudget(id),
      submit: isNew ? 'Add budget' : 'Save changes',
      form: formView({ sections: budgetSections(isNew), ...state }),
    });
  }
}

const valuesOfBudget = (budget: BudgetRow) => valuesOf(FIELDS, { ...budget });
