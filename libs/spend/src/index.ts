export { boundOf, completionCapOf, promptEstimateOf } from './bound-of.js';
export { costOf } from './cost-of.js';
export { Ledger, type LedgerStats } from './ledger.js';
export { SpendModule } from './spend.module.js';
export { SpendTotals } from './spend-totals.js';
