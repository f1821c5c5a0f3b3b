import { Inject } from '@nestjs/common';
import { BudgetUses, type DirectoryQuery, ManageBudgets } from '@app/admin';
import { type Actor } from '@app/audit';
import { type JsonObject, NotFoundError, readDto } from '@app/call';
import { BudgetDto, type BudgetRow, BudgetsService } from '@app/users';
import { valuesOf } from '../forms/form-body.js';
import { fieldsOf, type Values } from '../forms/form-field.js';
import { OwnerPages, type OwnerList, type OwnerView } from '../owners/owner-pages.js';
import { Pages } from '../pages.js';
import { paths } from '../paths.js';
import { budgetSections } from './budget-form.js';
import { BUDGET_WORDS } from './budget-words.js';
import { budgetRows, budgetView } from './budgets.view.js';

const FIELDS = fieldsOf(budgetSections([], false));

/** Budgets that customers and keys share. */
@Pages(paths.budgets)
export class BudgetsPageController extends OwnerPages<BudgetRow> {
  @Inject(ManageBudgets) private readonly manage!: ManageBudgets;
  @Inject(BudgetsService) private readonly budgets!: BudgetsService;
  @Inject(BudgetUses) private readonly uses!: BudgetUses;

  protected readonly words = BUDGET_WORDS;
  protected readonly sections = budgetSections;
  protected readonly blank = (): Values => ({ period: '1mo' });
  protected readonly nameOf = ({ budget_id }: BudgetRow): string => budget_id;
  protected readonly valuesOf = (budget: BudgetRow): Values => valuesOf(FIELDS, { ...budget });

  protected async list(query: DirectoryQuery): Promise<OwnerList> {
    const { rows, next } = await this.directory.budgetsPage(query);
    return { rows: budgetRows(rows), next };
  }

  protected async page(id: string): Promise<OwnerView> {
    const [budget, use] = await Promise.all([this.named(id), this.uses.of(id)]);
    return { title: id, view: budgetView(budget, use) };
  }

  protected async named(id: string): Promise<BudgetRow> {
    const [budget] = await this.budgets.find([id]);
    if (!budget) throw new NotFoundError('There is no such budget.', 'budget_id');
    return budget;
  }

  protected async add(body: JsonObject, actor: Actor): Promise<string> {
    return (await this.manage.create(readDto(BudgetDto, body), actor)).budget_id;
  }

  protected change(id: string, changes: JsonObject, actor: Actor): Promise<unknown> {
    return this.manage.update(readDto(BudgetDto, { ...changes, budget_id: id }), actor);
  }

  protected remove(id: string, actor: Actor): Promise<unknown> {
    return this.manage.delete(id, actor);
  }
}
