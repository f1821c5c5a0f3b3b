import { csvCell, usdText } from '@app/call';
import { type SpendCounts } from '@app/spend';
import { type UsageGroup } from './read-usage-query.js';

const HEAD = ['requests', 'failed', 'prompt_tokens', 'cached_tokens', 'completion_tokens', 'spend_usd'];

/** The table as RFC 4180 has it. */
export function usageCsv(
  rows: readonly (SpendCounts & { readonly day: string; readonly id: string })[],
  by: UsageGroup,
): string {
  const lines = rows.map((row) => [
    row.day,
    csvCell(row.id),
    row.requests,
    row.failed,
    row.promptTokens,
    row.cachedTokens,
    row.completionTokens,
    usdText(row.picoUsd),
  ]);
  return [['day', by, ...HEAD], ...lines].map((line) => `${line.join(',')}\r\n`).join('');
}
