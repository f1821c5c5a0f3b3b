export { alignedWindows, type BudgetWindows, windowAt } from './budget-window.js';
export { EndUserReader } from './end-user-reader.js';
export { type Belonging, isTouchedBy } from './is-touched-by.js';
export { isAdmin, isPlain, mayWrite, seesEverything } from './management-rights.js';
export { PrincipalChanges, type PrincipalListener } from './principal-changes.js';
export { PrincipalReader, type Principals, type WantedPrincipals } from './principal-reader.js';
export {
  type MemberPrincipal,
  type OrganizationPrincipal,
  type TeamPrincipal,
  type UserPrincipal,
} from './principals.js';
export { type LimitTerms, rulesOf } from './rules-of.js';
export { UsersModule } from './users.module.js';
