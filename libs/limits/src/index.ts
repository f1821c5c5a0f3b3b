export { AddressLimitMiddleware } from './address-limit.middleware.js';
export { LimitsModule } from './limits.module.js';
export { LimitGauges } from './limit-gauges.js';
export { type Limited, type LimitLeft, LimitsService, type Permit } from './limits.service.js';
export { SoftBudgets } from './soft-budgets.js';
export { type ModelClaim } from './model-claim.js';
export { addRateHeaders } from './rate-headers.js';
export { type Standing } from './standing.js';
export { spendLacking, type SpentBefore, takeOverSpend } from './take-over-spend.js';
