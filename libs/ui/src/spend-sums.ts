import { type SpendCounts } from '@app/spend';
import { type UsageMeasure } from './read-usage-query.js';

const NOTHING: SpendCounts = {
  requests: 0,
  failed: 0,
  promptTokens: 0,
  cachedTokens: 0,
  cacheWriteTokens: 0,
  completionTokens: 0,
  picoUsd: 0n,
};

/** All of them together. */
export function sumOf(sums: readonly SpendCounts[]): SpendCounts {
  return sums.reduce<SpendCounts>(
    (total, sum) => ({
      requests: total.requests + sum.requests,
      failed: total.failed + sum.failed,
      promptTokens: total.promptTokens + sum.promptTokens,
      cachedTokens: total.cachedTokens + sum.cachedTokens,
      cacheWriteTokens: total.cacheWriteTokens + sum.cacheWriteTokens,
      completionTokens: total.completionTokens + sum.completionTokens,
      picoUsd: total.picoUsd + sum.picoUsd,
    }),
    NOTHING,
  );
}

export const PICO = 1e12;

/** What a chart draws of a sum. */
export const MEASURED: Readonly<Record<UsageMeasure, (sum: SpendCounts) => number>> = {
  requests: ({ requests }) => requests,
  tokens: ({ promptTokens, completionTokens }) => promptTokens + completionTokens,
  spend: ({ picoUsd }) => Number(picoUsd) / PICO,
};

/** `+12.4%` against then; false where there is nothing to compare with. */
export function growth(now: number, then: number | undefined): { text: string; tone: '' } | false {
  if (then === undefined || then <= 0) return false;
  const percent = ((now - then) / then) * 100;
  const text = Math.abs(percent) >= 1000 ? shortPercent(percent) : Math.abs(percent).toFixed(1);
  const sign = text === '0.0' ? '' : percent < 0 ? '−' : '+';
  return { text: `${sign}${text}%`, tone: '' };
}

const shortPercent = (percent: number): string => Math.round(Math.abs(percent)).toLocaleString('en-US');
