import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { BudgetEntity } from './budget.entity.js';
import { BudgetsService } from './budgets.service.js';
import { CustomerEntity } from './customer.entity.js';
import { CustomersService } from './customers.service.js';
import { EndUserReader } from './end-user-reader.js';
import { OrganizationEntity } from './organization.entity.js';
import { OrganizationMemberEntity } from './organization-member.entity.js';
import { OrganizationsService } from './organizations.service.js';
import { PrincipalChanges } from './principal-changes.js';
import { PrincipalReader } from './principal-reader.js';
import { TeamEntity } from './team.entity.js';
import { TeamMemberEntity } from './team-member.entity.js';
import { TeamMembers } from './team-members.service.js';
import { TeamsService } from './teams.service.js';
import { UserEntity } from './user.entity.js';
import { UsersService } from './users.service.js';

const ENTITIES = [
  BudgetEntity,
  CustomerEntity,
  OrganizationEntity,
  OrganizationMemberEntity,
  TeamEntity,
  TeamMemberEntity,
  UserEntity,
];

const SERVICES = [
  BudgetsService,
  CustomersService,
  EndUserReader,
  OrganizationsService,
  PrincipalChanges,
  PrincipalReader,
  TeamMembers,
  TeamsService,
  UsersService,
];

/** Users, teams, customers, budgets and organizations: what they are, not who may change them. */
@Module({ imports: [TypeOrmModule.forFeature(ENTITIES)], providers: SERVICES, exports: SERVICES })
export class UsersModule {}
