export { boundOf, completionCapOf, promptEstimateOf } from './bound-of.js';
export { costOf } from './cost-of.js';
export { Ledger, type LedgerStats } from './ledger.js';
export { type SpendLogRow } from './spend-log-row.js';
export { type DailySpend, type SpendLogFilter, SpendLogs } from './spend-logs.js';
export { SpendModule } from './spend.module.js';
export { SpendTotals } from './spend-totals.js';
