import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { BudgetEntity } from './budget.entity.js';
import { CustomerEntity } from './customer.entity.js';
import { EndUserReader } from './end-user-reader.js';
import { OrganizationEntity } from './organization.entity.js';
import { OrganizationMemberEntity } from './organization-member.entity.js';
import { PrincipalChanges } from './principal-changes.js';
import { PrincipalReader } from './principal-reader.js';
import { TeamEntity } from './team.entity.js';
import { TeamMemberEntity } from './team-member.entity.js';
import { UserEntity } from './user.entity.js';

const ENTITIES = [
  BudgetEntity,
  CustomerEntity,
  OrganizationEntity,
  OrganizationMemberEntity,
  TeamEntity,
  TeamMemberEntity,
  UserEntity,
];

/** Users, teams, customers, budgets and organizations: what they are, not who may change them. */
@Module({
  imports: [TypeOrmModule.forFeature(ENTITIES)],
  providers: [EndUserReader, PrincipalChanges, PrincipalReader],
  exports: [EndUserReader, PrincipalChanges, PrincipalReader],
})
export class UsersModule {}
