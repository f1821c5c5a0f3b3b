import { usdNumber } from '@app/call';
import { type SpendCounts, type SpendSum } from '@app/spend';
import { type KeyNames } from './spend-names.js';

/** One combination of what a day's calls had in common. */
export type ActivitySum = SpendSum<'day' | 'key' | 'model' | 'modelGroup' | 'provider' | 'route'> & {
  /** The team, tag or customer that the report is about; null in a user's own. */
  readonly entity: string | null;
};

export interface ActivityMetrics {
  readonly spend: number;
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly cache_read_input_tokens: number;
  readonly cache_creation_input_tokens: number;
  readonly total_tokens: number;
  readonly successful_requests: number;
  readonly failed_requests: number;
  readonly api_requests: number;
}

interface Slice {
  readonly metrics: ActivityMetrics;
  readonly metadata: object;
  readonly api_key_breakdown?: Readonly<Record<string, Slice>>;
}

export interface ActivityDay {
  /** `2026-01-31`, UTC. */
  readonly date: string;
  readonly metrics: ActivityMetrics;
  readonly breakdown: Readonly<Record<string, Readonly<Record<string, Slice>>>>;
}

export interface ActivityNames {
  readonly ofKey: (hash: string) => KeyNames;
  readonly ofEntity: (entity: string) => object;
}

/** One day as LiteLLM tells it, split by everything that its calls differ in. */
export function toActivityDay(date: string, sums: readonly ActivitySum[], names: ActivityNames): ActivityDay {
  const keysOf = (some: readonly ActivitySum[]): Record<string, Slice> =>
    split(
      some,
      ({ names: { key } }) => key,
      (key, ofKey) => {
        const { key_alias, team_id } = names.ofKey(key);
        return { metrics: toMetrics(ofKey), metadata: { key_alias, team_id } };
      },
    );
  const slices = (
    nameOf: (sum: ActivitySum) => string | null,
    metadataOf: (name: string) => object = () => ({}),
  ) =>
    split(sums, nameOf, (name, some) => ({
      metrics: toMetrics(some),
      metadata: metadataOf(name),
      api_key_breakdown: keysOf(some),
    }));
  return {
    date,
    metrics: toMetrics(sums),
    breakdown: {
      models: slices(({ names: { model } }) => model),
      model_groups: slices(({ names: { modelGroup } }) => modelGroup),
      providers: slices(({ names: { provider } }) => provider),
      endpoints: slices(({ names: { route } }) => route),
      mcp_servers: {},
      api_keys: keysOf(sums),
      entities: slices(({ entity }) => entity, names.ofEntity),
    },
  };
}

/** The same counts added up, under LiteLLM's names. */
export function toMetrics(sums: readonly SpendCounts[]): ActivityMetrics {
  const total = (of: (sum: SpendCounts) => number) => sums.reduce((all, sum) => all + of(sum), 0);
  const prompt = total(({ promptTokens }) => promptTokens);
  const completion = total(({ completionTokens }) => completionTokens);
  const requests = total((sum) => sum.requests);
  const failed = total((sum) => sum.failed);
  return {
    spend: usdNumber(sums.reduce((all, { picoUsd }) => all + picoUsd, 0n)),
    prompt_tokens: prompt,
    completion_tokens: completion,
    cache_read_input_tokens: total(({ cachedTokens }) => cachedTokens),
    cache_creation_input_tokens: total(({ cacheWriteTokens }) => cacheWriteTokens),
    total_tokens: prompt + completion,
    successful_requests: requests - failed,
    failed_requests: failed,
    api_requests: requests,
  };
}

/** Sums without a name are in no slice: the day itself counts them. */
function split(
  sums: readonly ActivitySum[],
  nameOf: (sum: ActivitySum) => string | null,
  toSlice: (name: string, some: readonly ActivitySum[]) => Slice,
): Record<string, Slice> {
  const groups = Map.groupBy(sums, nameOf);
  return Object.fromEntries(
    [...groups].flatMap(([name, some]) => (name ? [[name, toSlice(name, some)]] : [])),
  );
}
