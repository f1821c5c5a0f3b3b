import { Controller, Delete, Get, HttpCode, Patch, Post, Query } from '@nestjs/common';
import { type Actor, CurrentActor } from '@app/audit';
import { Access, type Caller, CurrentCaller, ManagementBody } from '@app/call';
import {
  AddOrganizationMembersDto,
  OrganizationDto,
  OrganizationIdsDto,
  OrganizationMemberDto,
  UpdateOrganizationMemberDto,
} from '@app/users';
import { type Query as Parameters, required, textIn } from '../users/query-values.js';
import { SpentAmounts } from '../users/spent-amounts.js';
import { ManageOrganizations } from './manage-organizations.js';
import { OrganizationViews } from './organization-views.js';

@Controller('organization')
export class OrganizationsController {
  constructor(
    private readonly manage: ManageOrganizations,
    private readonly views: OrganizationViews,
    private readonly spent: SpentAmounts,
  ) {}

  @Post('new')
  @HttpCode(200)
  @Access('admin')
  async create(@ManagementBody(OrganizationDto) body: OrganizationDto, @CurrentActor() actor: Actor) {
    return this.spent.addOne(await this.manage.create(body, actor));
  }

  @Get('list')
  @Access('self')
  list(@CurrentCaller() caller: Caller) {
    return this.views.list(caller);
  }

  @Get('info')
  @Access('self')
  async info(@Query() query: Parameters, @CurrentCaller() caller: Caller) {
    const id = required(textIn(query, 'organization_id'), 'organization_id');
    await this.manage.requireSight(caller, id);
    return this.views.one(id, caller);
  }

  @Patch('update')
  @Access('admin')
  async update(@ManagementBody(OrganizationDto) body: OrganizationDto, @CurrentActor() actor: Actor) {
    return this.spent.addOne(await this.manage.update(body, actor));
  }

  @Delete('delete')
  @Access('admin')
  async delete(
    @ManagementBody(OrganizationIdsDto) { organization_ids }: OrganizationIdsDto,
    @CurrentActor() actor: Actor,
  ) {
    return this.spent.add(await this.manage.delete(organization_ids, actor));
  }

  @Post('member_add')
  @HttpCode(200)
  @Access('self')
  async addMember(
    @ManagementBody(AddOrganizationMembersDto) body: AddOrganizationMembersDto,
    @CurrentActor() actor: Actor,
  ) {
    const members = await this.manage.addMembers(body, actor);
    const updated_users = members.map(({ user_id }) => ({ user_id }));
    return {
      organization_id: body.organization_id,
      updated_users,
      updated_organization_memberships: members,
    };
  }

  @Patch('member_update')
  @Access('self')
  updateMember(
    @ManagementBody(UpdateOrganizationMemberDto) body: UpdateOrganizationMemberDto,
    @CurrentActor() actor: Actor,
  ) {
    return this.manage.updateMember(body, actor);
  }

  @Delete('member_delete')
  @Access('self')
  deleteMember(
    @ManagementBody(OrganizationMemberDto) body: OrganizationMemberDto,
    @CurrentActor() actor: Actor,
  ) {
    return this.manage.removeMember(body, actor);
  }
}
