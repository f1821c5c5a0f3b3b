export { AdminModule } from './admin.module.js';
export { ManageBudgets } from './budgets/manage-budgets.js';
export { ManageCustomers } from './customers/manage-customers.js';
export { type BudgetUse, BudgetUses } from './directory/budget-uses.js';
export {
  Directory,
  type DirectoryPage,
  type ListedKey,
  type ListedTeam,
  type ListedUser,
  type WithSpend,
} from './directory/directory.js';
export { type DirectoryQuery, type DirectorySort } from './directory/directory-query.js';
export { type KeyNearBudget, NearBudgetReader } from './directory/near-budget-reader.js';
export { SpendNames } from './spend-names.js';
export { ManageMembers } from './teams/manage-members.js';
export { ManageTeams } from './teams/manage-teams.js';
export { TEAM_PERMISSIONS } from './teams/team-permissions.js';
export { type TeamView, TeamViews } from './teams/team-views.js';
export { ManageUsers } from './users/manage-users.js';
export { SpentAmounts } from './users/spent-amounts.js';
