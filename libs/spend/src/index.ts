export { askedCapOf, audioBoundOf, boundOf, completionCapOf, promptEstimateOf } from './bound-of.js';
export { costOf } from './cost-of.js';
export { Ledger, type LedgerStats } from './ledger.js';
export { type ImportedCall, type ImportedKind, LedgerImport } from './ledger-import.js';
export { type SpendLogRow } from './spend-log-row.js';
export { reconcile, type ReconcileReport } from './reconciliation.js';
export { type ResponseOrigin, ResponseOrigins } from './response-origins.js';
export { SpendBooks } from './spend-books.js';
export { type SpendCounts } from './spend-counts.js';
export { type SpendLogFilter } from './spend-log-filter.js';
export { type DailySpend, type SpendLogPage, SpendLogs, type SpendLogSort } from './spend-logs.js';
export {
  type CustomerSum,
  type ReportDimension,
  type ReportFilter,
  SpendReports,
  type SpendSum,
} from './spend-reports.js';
export { creditSpend, heldSpend } from './spend-credits.js';
export { PromptStore } from './prompt-store.js';
export { SpendModule } from './spend.module.js';
export { type Charge } from './spend-writer.js';
export { isTotalled, SpendTotals } from './spend-totals.js';
export {
  type TrafficDimension,
  type TrafficPart,
  type TrafficPeriod,
  TrafficReports,
  type TrafficSpeed,
} from './traffic-reports.js';
