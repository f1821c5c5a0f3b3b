import { Module } from '@nestjs/common';
import { AuditModule } from '@app/audit';
import { KeysModule } from '@app/keys';
import { UsersModule } from '@app/users';
import { BudgetsController } from '../budgets/budgets.controller.js';
import { ManageBudgets } from '../budgets/manage-budgets.js';
import { CustomersController } from '../customers/customers.controller.js';
import { BudgetUses } from '../directory/budget-uses.js';
import { Directory } from '../directory/directory.js';
import { DirectoryIds } from '../directory/directory-ids.js';
import { NearBudgetReader } from '../directory/near-budget-reader.js';
import { ManageCustomers } from '../customers/manage-customers.js';
import { ManageOrganizations } from '../organizations/manage-organizations.js';
import { OrganizationViews } from '../organizations/organization-views.js';
import { OrganizationsController } from '../organizations/organizations.controller.js';
import { ManageMembers } from '../teams/manage-members.js';
import { ManageTeams } from '../teams/manage-teams.js';
import { ResolveMembers } from '../teams/resolve-members.js';
import { TeamMembersController } from '../teams/team-members.controller.js';
import { TeamNotes } from '../teams/team-notes.js';
import { TeamPagesController } from '../teams/team-pages.controller.js';
import { TeamRights } from '../teams/team-rights.js';
import { TeamsController } from '../teams/teams.controller.js';
import { TeamViews } from '../teams/team-views.js';
import { KeyCounts } from './key-counts.js';
import { KeysOf } from './keys-of.js';
import { ManageUsers } from './manage-users.js';
import { SpentAmounts } from './spent-amounts.js';
import { UserViews } from './user-views.js';
import { UsersBulkController } from './users-bulk.controller.js';
import { UsersController } from './users.controller.js';

/** `/user`, `/team`, `/customer`, `/budget`, `/organization`: use cases over users, keys and spend. */
@Module({
  imports: [AuditModule, KeysModule, UsersModule],
  controllers: [
    UsersController,
    UsersBulkController,
    TeamsController,
    TeamMembersController,
    TeamPagesController,
    CustomersController,
    BudgetsController,
    OrganizationsController,
  ],
  providers: [
    BudgetUses,
    Directory,
    DirectoryIds,
    KeyCounts,
    KeysOf,
    ManageBudgets,
    ManageCustomers,
    ManageMembers,
    ManageOrganizations,
    ManageTeams,
    ManageUsers,
    NearBudgetReader,
    OrganizationViews,
    ResolveMembers,
    SpentAmounts,
    TeamNotes,
    TeamRights,
    TeamViews,
    UserViews,
  ],
  exports: [
    BudgetUses,
    Directory,
    ManageBudgets,
    ManageCustomers,
    ManageMembers,
    ManageTeams,
    ManageUsers,
    NearBudgetReader,
    SpentAmounts,
    TeamViews,
  ],
})
export class UsersAdminModule {}
