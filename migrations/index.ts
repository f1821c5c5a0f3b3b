import { type MigrationInterface } from 'typeorm';
import { AddKeyRotation1796000100000 } from './1796000100000-add-key-rotation.js';
import { AddAttemptCosts1796000200000 } from './1796000200000-add-attempt-costs.js';
import { CreateStoredPrompts1796000201000 } from './1796000201000-create-stored-prompts.js';
import { CreateSoftBudgetAlerts1796000110000 } from './1796000110000-create-soft-budget-alerts.js';
import { CreateAuditLog1768003200000 } from './1768003200000-create-audit-log.js';
import { CreateModels1768262400000 } from './1768262400000-create-models.js';
import { CreateLimitLeases1768089600000 } from './1768089600000-create-limit-leases.js';
import { CreateSpendLedger1767571200000 } from './1767571200000-create-spend-ledger.js';
import { CreateUiSessions1768176000000 } from './1768176000000-create-ui-sessions.js';
import { CreateUsersAndTeams1767916800000 } from './1767916800000-create-users-and-teams.js';
import { ExtendVirtualKeys1768089600000 } from './1768089600000-extend-virtual-keys.js';
import { CreateVirtualKeys1767225600000 } from './1767225600000-create-virtual-keys.js';
import { CreateKeptAnswers1796200000000 } from './1796200000000-create-kept-answers.js';
import { CreateSpendCredits1796630000000 } from './1796630000000-create-spend-credits.js';
import { CreateKeySuccessors1796500000000 } from './1796500000000-create-key-successors.js';
import { AddCacheWrites1796610000000 } from './1796610000000-add-cache-writes.js';
import { HoldLeasesOfReplacedKeys1796680000000 } from './1796680000000-hold-leases-of-replaced-keys.js';
import { CountOrganizationsAndMembers1796670000000 } from './1796670000000-count-organizations-and-members.js';
import { AddCacheControls1796660000000 } from './1796660000000-add-cache-controls.js';
import { IndexFailedCalls1796650000000 } from './1796650000000-index-failed-calls.js';
import { AddSearchTexts1796640000000 } from './1796640000000-add-search-texts.js';
import { NoteLoadsAndLimits1796620000000 } from './1796620000000-note-loads-and-limits.js';
import { IndexUserOrders1796300000000 } from './1796300000000-index-user-orders.js';
import { IndexDirectoryNames1796000500000 } from './1796000500000-index-directory-names.js';

/** Every migration of the gateway; their order is that of the timestamps in their names. */
export const migrations: (new () => MigrationInterface)[] = [
  CreateVirtualKeys1767225600000,
  CreateSpendLedger1767571200000,
  CreateUsersAndTeams1767916800000,
  CreateAuditLog1768003200000,
  ExtendVirtualKeys1768089600000,
  CreateLimitLeases1768089600000,
  CreateUiSessions1768176000000,
  CreateModels1768262400000,
  AddKeyRotation1796000100000,
  CreateSoftBudgetAlerts1796000110000,
  AddAttemptCosts1796000200000,
  CreateStoredPrompts1796000201000,
  IndexDirectoryNames1796000500000,
  CreateKeptAnswers1796200000000,
  IndexUserOrders1796300000000,
  CreateKeySuccessors1796500000000,
  AddCacheWrites1796610000000,
  NoteLoadsAndLimits1796620000000,
  AddSearchTexts1796640000000,
  IndexFailedCalls1796650000000,
  CreateSpendCredits1796630000000,
  AddCacheControls1796660000000,
  CountOrganizationsAndMembers1796670000000,
  HoldLeasesOfReplacedKeys1796680000000,
];
