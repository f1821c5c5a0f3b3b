/** What calls came to, whatever they are grouped by. */
export interface SpendCounts {
  readonly requests: number;
  /** Of `requests`. */
  readonly failed: number;
  readonly promptTokens: number;
  readonly cachedTokens: number;
  readonly cacheWriteTokens: number;
  readonly completionTokens: number;
  readonly picoUsd: bigint;
}

/** As one of the sums below comes from PostgreSQL. */
export interface CountsRow {
  readonly requests: number;
  readonly failed: number;
  readonly prompt_tokens: number;
  readonly cached_tokens: number;
  readonly cache_write_tokens: number;
  readonly completion_tokens: number;
  readonly cost: string;
}

const CALLS_OF_ROWS =
  'count(*)::float8 AS requests, (count(*) FILTER (WHERE status >= 400))::float8 AS failed';
const CALLS_OF_TOTALS = 'sum(requests)::float8 AS requests, sum(failed)::float8 AS failed';
const TOKENS_AND_COST = `sum(prompt_tokens)::float8 AS prompt_tokens,
  sum(completion_tokens)::float8 AS completion_tokens, sum(cost_pico_usd)::text AS cost`;
const CACHE_TOKENS = `sum(cached_tokens)::float8 AS cached_tokens,
  coalesce(sum(cache_write_tokens), 0)::float8 AS cache_write_tokens`;
const NO_CACHE_TOKENS = '0::float8 AS cached_tokens, 0::float8 AS cache_write_tokens';

/** Over `spend_logs`. */
export const SUMS_OF_ROWS = [CALLS_OF_ROWS, TOKENS_AND_COST, CACHE_TOKENS].join(', ');
/** Over `spend_daily`. */
export const SUMS_OF_DAYS = [CALLS_OF_TOTALS, TOKENS_AND_COST, CACHE_TOKENS].join(', ');
/** Over `spend_daily_labels`, where nobody counts what prompt caches read and wrote. */
export const SUMS_OF_LABELS = [CALLS_OF_TOTALS, TOKENS_AND_COST, NO_CACHE_TOKENS].join(', ');

export function countsOf(row: CountsRow): SpendCounts {
  return {
    requests: row.requests,
    failed: row.failed,
    promptTokens: row.prompt_tokens,
    cachedTokens: row.cached_tokens,
    cacheWriteTokens: row.cache_write_tokens,
    completionTokens: row.completion_tokens,
    picoUsd: BigInt(row.cost),
  };
}
