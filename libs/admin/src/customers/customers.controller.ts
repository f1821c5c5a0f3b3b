import { Controller, Get, HttpCode, Post, Query } from '@nestjs/common';
import { type Actor, CurrentActor } from '@app/audit';
import { Access, ManagementBody } from '@app/call';
import { CustomerDto, CustomerIdsDto, CustomersService } from '@app/users';
import { countIn, type Query as Parameters, required, textIn } from '../users/query-values.js';
import { SpentAmounts } from '../users/spent-amounts.js';
import { ManageCustomers } from './manage-customers.js';

const MAX_PAGE_SIZE = 1000;
const MAX_PAGE = 1_000_000;

@Controller(['customer', 'end_user'])
export class CustomersController {
  constructor(
    private readonly manage: ManageCustomers,
    private readonly customers: CustomersService,
    private readonly spent: SpentAmounts,
  ) {}

  @Post('new')
  @HttpCode(200)
  @Access('admin')
  async create(@ManagementBody(CustomerDto) body: CustomerDto, @CurrentActor() actor: Actor) {
    return this.spent.addOne(await this.manage.create(body, actor));
  }

  @Get('info')
  @Access('admin')
  async info(@Query() query: Parameters) {
    const id = required(textIn(query, 'end_user_id'), 'end_user_id');
    return this.spent.addOne(await this.customers.one(id));
  }

  /** The newest thousand, or a page of them. */
  @Get('list')
  @Access('admin')
  async list(@Query() query: Parameters) {
    const page = countIn(query, 'page', 1, MAX_PAGE);
    const { rows } = await this.customers.page(
      page,
      countIn(query, 'page_size', MAX_PAGE_SIZE, MAX_PAGE_SIZE),
    );
    return this.spent.add(rows);
  }

  @Post('update')
  @HttpCode(200)
  @Access('admin')
  async update(@ManagementBody(CustomerDto) body: CustomerDto, @CurrentActor() actor: Actor) {
    return this.spent.addOne(await this.manage.update(body, actor));
  }

  @Post('delete')
  @HttpCode(200)
  @Access('admin')
  async delete(@ManagementBody(CustomerIdsDto) { user_ids }: CustomerIdsDto, @CurrentActor() actor: Actor) {
    const deleted = await this.manage.delete(user_ids, actor);
    return { deleted_customers: deleted, message: `Deleted ${deleted} customers.` };
  }

  @Post('block')
  @HttpCode(200)
  @Access('admin')
  async block(@ManagementBody(CustomerIdsDto) { user_ids }: CustomerIdsDto, @CurrentActor() actor: Actor) {
    return { blocked_users: await this.spent.add(await this.manage.setBlocked(user_ids, true, actor)) };
  }

  @Post('unblock')
  @HttpCode(200)
  @Access('admin')
  async unblock(@ManagementBody(CustomerIdsDto) { user_ids }: CustomerIdsDto, @CurrentActor() actor: Actor) {
    return { blocked_users: await this.spent.add(await this.manage.setBlocked(user_ids, false, actor)) };
  }
}
