export { applyLimits, BUDGET_MEMBERS, lengthOf, usdOf } from './apply-limits.js';
export { type BudgetRow } from './budget-row.js';
export { alignedWindows, type BudgetWindows, windowAt, windowStart } from './budget-window.js';
export { BudgetsService } from './budgets.service.js';
export { type CustomerRow, CustomersService } from './customers.service.js';
export { BudgetDto, BudgetIdsDto, CustomerDto, CustomerIdsDto, DeleteBudgetDto } from './dto/budget.dto.js';
export { CountField, LimitFieldsDto } from './dto/limit-fields.dto.js';
export {
  AddOrganizationMembersDto,
  OrganizationDto,
  OrganizationIdsDto,
  OrganizationMemberDto,
  UpdateOrganizationMemberDto,
} from './dto/organization.dto.js';
export {
  AddMembersDto,
  DeleteMemberDto,
  DeleteTeamsDto,
  NewTeamDto,
  TeamIdDto,
  TeamModelsDto,
  TeamPermissionsDto,
  UpdateMemberDto,
  UpdateTeamDto,
} from './dto/team.dto.js';
export { DeleteUsersDto, NewUserDto, UpdateUserDto, UserFieldsDto } from './dto/user.dto.js';
export { EndUserReader } from './end-user-reader.js';
export { epochIn, EpochWriter, READ_EPOCH } from './epoch-writer.js';
export { type Belonging, isTouchedBy } from './is-touched-by.js';
export { isAdmin, isPlain, MASTER_USER_ID, mayWrite, seesEverything } from './management-rights.js';
export {
  type OrganizationMemberRow,
  type OrganizationRow,
  OrganizationsService,
} from './organizations.service.js';
export { PrincipalChanges, type PrincipalListener, type PrincipalWork } from './principal-changes.js';
export { PrincipalReader, type Principals, type WantedPrincipals } from './principal-reader.js';
export {
  type MemberPrincipal,
  type OrganizationPrincipal,
  type TeamPrincipal,
  type UserPrincipal,
} from './principals.js';
export { LIMIT_FIELDS } from './limits-row.js';
export { type LimitTerms, rulesOf } from './rules-of.js';
export { type Changed, type Page, type Shown } from './shown.js';
export { type NewMember, TeamMembers } from './team-members.service.js';
export { type TeamRole } from './team-member.entity.js';
export { type MembershipRow, type TeamRow } from './team-row.js';
export { type ShownTeam, TeamsService } from './teams.service.js';
export { type UserRow } from './user-row.js';
export { UsersModule } from './users.module.js';
export { UsersService } from './users.service.js';
