import { BudgetExceededError, type Call, type GatewayError, RateLimitError, usdText } from '@app/call';
import { type Gauge } from './gauge.js';
import { type Pool } from './pool.js';
import { scopeName } from './scope-name.js';

const MINUTE_S = 60;
const SECOND_MS = 1_000;

/** The refusal of a call for which there is not enough left. */
export function refusalOf(gauge: Gauge, pool: Pool, call: Call): GatewayError {
  return gauge.kind === 'money' ? budgetRefusal(gauge, pool, call) : rateRefusal(gauge, pool, call);
}

function budgetRefusal({ rule, cap }: Gauge, pool: Pool, call: Call): GatewayError {
  const spent = pool.spent();
  const running = pool.reserved + (pool.balance?.others ?? 0n);
  let message = balanceText(rule.scope, usdText(spent), usdText(cap));
  if (rule.model !== null) message += `, Model=${call.model}`;
  if (spent < cap) {
    message += `. Running calls may cost ${usdText(running)} more`;
    if (running === 0n) message += ', and this call more than what is left';
  }
  const { endsAtMs } = pool.name;
  if (endsAtMs === Number.POSITIVE_INFINITY) return new BudgetExceededError(message);
  const retryAfter = Math.max(1, Math.ceil((endsAtMs - Date.now()) / SECOND_MS));
  message += `. The budget resets at ${new Date(endsAtMs).toISOString()}`;
  return new BudgetExceededError(message, { 'retry-after': String(retryAfter) });
}

function balanceText(scope: string, spent: string, budget: string): string {
  const separator = scope.indexOf(':');
  const kind = separator < 0 ? scope : scope.slice(0, separator);
  const id = scope.slice(separator + 1);
  const costs = `Current cost: ${spent}, Max budget: ${budget}`;
  switch (kind) {
    case 'team':
      return `Budget has been exceeded! Team=${id} ${costs}`;
    case 'organization':
      return `Budget has been exceeded! Organization=${id} ${costs}`;
    case 'team_member': {
      const [team, user] = splitAtFirst(id);
      return `Budget has been exceeded! User=${user} in Team=${team} ${costs}`;
    }
    case 'user':
      return `ExceededBudget: User=${id} over budget. Spend=${spent}, Budget=${budget}`;
    case 'end_user':
      return `ExceededBudget: End User=${id} over budget. Spend=${spent}, Budget=${budget}`;
    case 'global':
      return `Budget has been exceeded! Gateway ${costs}`;
    default:
      return `Budget has been exceeded! ${costs}`;
  }
}

function rateRefusal(gauge: Gauge, pool: Pool, call: Call): GatewayError {
  const { kind, cap, rule } = gauge;
  const retryAfter = secondsUntilFree(pool);
  const resetAt = new Date(Date.now() + retryAfter * SECOND_MS).toISOString().slice(0, 19).replace('T', ' ');
  const type = kind === 'parallel' ? 'max_parallel_requests' : kind;
  const id = rule.scope.startsWith('key:')
    ? call.caller.keyName
    : rule.scope.slice(rule.scope.indexOf(':') + 1);
  const model = rule.model === null ? '' : `:${rule.model}`;
  return new RateLimitError(
    `Rate limit exceeded for ${scopeName(gauge.rule)}: ${id}${model}. Limit type: ${type}. Current limit: ${cap}, ` +
      `Remaining: 0. Limit resets at: ${resetAt} UTC`,
    retryAfter,
    { rate_limit_type: type, reset_at: `${resetAt} UTC` },
  );
}

function secondsUntilFree(pool: Pool): number {
  if (pool.name.kind === 'parallel') return 1;
  const freeAtMs = pool.resting.availableAtMs(pool.available < 0n ? 1n - pool.available : 1n);
  if (freeAtMs === null) return pool.cap === 0n ? MINUTE_S : 1;
  return Math.min(MINUTE_S, Math.max(1, Math.ceil((freeAtMs - performance.now()) / SECOND_MS)));
}

function splitAtFirst(text: string): [string, string] {
  const at = text.indexOf(':');
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}
