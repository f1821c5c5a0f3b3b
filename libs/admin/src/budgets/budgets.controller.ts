import { Controller, Get, HttpCode, Post, Query } from '@nestjs/common';
import { type Actor, CurrentActor } from '@app/audit';
import { Access, ManagementBody } from '@app/call';
import { BudgetDto, BudgetIdsDto, type BudgetRow, BudgetsService, DeleteBudgetDto } from '@app/users';
import { type Query as Parameters, required, textIn } from '../users/query-values.js';
import { type BudgetSetting, describeBudget } from './describe-budget.js';
import { ManageBudgets } from './manage-budgets.js';

@Controller('budget')
export class BudgetsController {
  constructor(
    private readonly manage: ManageBudgets,
    private readonly budgets: BudgetsService,
  ) {}

  @Post('new')
  @HttpCode(200)
  @Access('admin')
  create(@ManagementBody(BudgetDto) body: BudgetDto, @CurrentActor() actor: Actor): Promise<BudgetRow> {
    return this.manage.create(body, actor);
  }

  @Post('update')
  @HttpCode(200)
  @Access('admin')
  update(@ManagementBody(BudgetDto) body: BudgetDto, @CurrentActor() actor: Actor): Promise<BudgetRow> {
    return this.manage.update(body, actor);
  }

  @Post('info')
  @HttpCode(200)
  @Access('admin')
  info(@ManagementBody(BudgetIdsDto) { budgets }: BudgetIdsDto): Promise<BudgetRow[]> {
    return this.budgets.find(required(budgets, 'budgets'));
  }

  @Get('list')
  @Access('admin')
  list(): Promise<BudgetRow[]> {
    return this.budgets.list();
  }

  /** What a budget may say, and what this one says. */
  @Get('settings')
  @Access('admin')
  async settings(@Query() query: Parameters): Promise<BudgetSetting[]> {
    const [budget] = await this.budgets.find([required(textIn(query, 'budget_id'), 'budget_id')]);
    return describeBudget(budget ?? null);
  }

  @Post('delete')
  @HttpCode(200)
  @Access('admin')
  delete(
    @ManagementBody(DeleteBudgetDto) { id }: DeleteBudgetDto,
    @CurrentActor() actor: Actor,
  ): Promise<BudgetRow> {
    return this.manage.delete(id, actor);
  }
}
