import { type BucketCounts } from './bucket-counts.js';
import { type EndCounts } from './end-counts.js';
import { type Family, type FamilyType, labelText, type Series } from './family-text.js';
import { type SeriesRow, type SeriesRows } from './series-row.js';

/** Sets of labels as LiteLLM has them. Keys, teams and people are there by name and stand at `None`. */
const WHO = ['end_user', 'hashed_api_key', 'api_key_alias', 'team', 'team_alias', 'user'];
const KEY = ['hashed_api_key', 'api_key_alias'];
const TEAM = [...KEY, 'team', 'team_alias'];
const CLIENT = ['client_ip', 'user_agent'];
const AT = ['litellm_model_name', 'model_id', 'api_base', 'api_provider'];
const REQUEST = [...WHO, ...CLIENT, 'user_email', 'requested_model', 'route', 'model_id'];
const SPEND = [...WHO, ...CLIENT, 'user_email', 'model', 'model_id'];
const TOKENS = [...WHO, 'user_email', 'model', 'requested_model', 'model_id'];
const LATENCY = [...WHO, 'model', 'requested_model', 'model_id'];
const OVERHEAD = [...KEY, ...AT, 'model_group'];
const PER_TOKEN = [...TEAM, ...AT];
const DEPLOYMENT = [...TEAM, ...CLIENT, ...AT, 'requested_model'];
const CACHED = [...TEAM, 'end_user', 'user', 'model', 'model_id'];
const FALLBACK = [...TEAM, 'requested_model', 'fallback_model', 'model_id'];
const LEGACY_FAILURE = [...WHO, 'model', 'model_id'];

const EXCEPTION = { status: 'exception_status', class: 'exception_class' };
const STATUS = { status: 'status_code' };

/** LiteLLM's families over `rows`, with its names, labels and buckets. */
export function litellmFamilies(rows: SeriesRows): Family[] {
  return [
    ...requestFamilies(rows),
    ...usageFamilies(rows),
    ...latencyFamilies(rows),
    ...deploymentFamilies(rows),
  ];
}

function requestFamilies(rows: SeriesRows): Family[] {
  return [
    counts('litellm_proxy_total_requests_metric', 'Requests by status.', rows, (row) =>
      texts(row, row.requests, REQUEST, STATUS),
    ),
    counts('litellm_proxy_failed_requests_metric', 'Requests that failed.', rows, (row) =>
      texts(row, row.failures, REQUEST, EXCEPTION),
    ),
    counts('litellm_llm_api_failed_requests_metric', 'Requests that failed, by model.', rows, (row) =>
      single(row, LEGACY_FAILURE, row.failures.total),
    ),
    counts('litellm_requests_metric', 'Requests by model.', rows, (row) =>
      single(row, SPEND, row.requests.total),
    ),
  ];
}

function usageFamilies(rows: SeriesRows): Family[] {
  const count = (
    name: string,
    help: string,
    labels: readonly string[],
    valueOf: (row: SeriesRow) => number,
  ): Family => counts(name, help, rows, (row) => single(row, labels, valueOf(row)));
  return [
    count('litellm_spend_metric', 'Spend in US dollars.', SPEND, (row) => row.spendPicoUsd / 1e12),
    count('litellm_total_tokens_metric', 'Tokens.', TOKENS, (row) => row.inputTokens + row.outputTokens),
    count('litellm_input_tokens_metric', 'Tokens of prompts.', TOKENS, (row) => row.inputTokens),
    count('litellm_output_tokens_metric', 'Tokens of answers.', TOKENS, (row) => row.outputTokens),
    count(
      'litellm_cached_tokens_metric',
      'Tokens of prompts that were cached.',
      CACHED,
      (row) => row.cachedTokens,
    ),
    count(
      'litellm_cache_hits_metric',
      'Requests whose answer was kept from an earlier one.',
      CACHED,
      (row) => row.cacheHits,
    ),
    count(
      'litellm_cache_misses_metric',
      'Requests whose answer could have been kept, and was not there.',
      CACHED,
      (row) => row.cacheMisses,
    ),
  ];
}

function latencyFamilies(rows: SeriesRows): Family[] {
  const histogram = (
    name: string,
    help: string,
    labels: readonly string[],
    of: (row: SeriesRow) => BucketCounts,
  ): Family =>
    family('histogram', { name, help, rows }, (row) =>
      of(row).count > 0 ? single(row, labels, of(row)) : [],
    );
  return [
    histogram(
      'litellm_request_total_latency_metric',
      'Seconds of a request.',
      LATENCY,
      (row) => row.requestSeconds,
    ),
    histogram(
      'litellm_llm_api_latency_metric',
      'Seconds at the model.',
      LATENCY,
      (row) => row.upstreamSeconds,
    ),
    histogram(
      'litellm_llm_api_time_to_first_token_metric',
      'Seconds to the first token of a stream.',
      LATENCY,
      (row) => row.firstTokenSeconds,
    ),
    histogram(
      'litellm_request_queue_time_seconds',
      'Seconds until a deployment was asked.',
      LATENCY,
      (row) => row.queueSeconds,
    ),
    histogram(
      'litellm_overhead_latency_metric',
      'Seconds in the gateway.',
      OVERHEAD,
      (row) => row.overheadSeconds,
    ),
    histogram(
      'litellm_deployment_latency_per_output_token',
      'Seconds for each token of an answer.',
      PER_TOKEN,
      (row) => row.perTokenSeconds,
    ),
  ];
}

function deploymentFamilies(rows: SeriesRows): Family[] {
  return [
    counts('litellm_deployment_total_requests', 'Tries at a deployment.', rows, (row) =>
      single(row, DEPLOYMENT, row.attempts),
    ),
    counts('litellm_deployment_success_responses', 'Tries that were answered.', rows, (row) =>
      single(row, DEPLOYMENT, row.answered),
    ),
    counts('litellm_deployment_failure_responses', 'Tries that failed.', rows, (row) =>
      texts(row, row.failedAttempts, DEPLOYMENT, EXCEPTION),
    ),
    counts('litellm_deployment_successful_fallbacks', 'Requests that another model answered.', rows, (row) =>
      texts(row, row.fallbacks, FALLBACK, EXCEPTION),
    ),
    counts('litellm_deployment_failed_fallbacks', 'Requests that no other model answered.', rows, (row) =>
      texts(row, row.failedFallbacks, FALLBACK, EXCEPTION),
    ),
  ];
}

type Read = (row: SeriesRow) => Iterable<Series>;

const counts = (name: string, help: string, rows: SeriesRows, read: Read): Family =>
  family('counter', { name, help, rows }, read);

function family(
  type: FamilyType,
  { name, help, rows }: { readonly name: string; readonly help: string; readonly rows: SeriesRows },
  read: Read,
): Family {
  return { name, help, type, read: () => rows.all.flatMap((row) => [...read(row)]) };
}

/** One series of the row; none before there is something to tell. */
function single(row: SeriesRow, names: readonly string[], value: number | BucketCounts): Series[] {
  if (value === 0) return [];
  let labels = row.texts.get(names);
  if (labels === undefined) row.texts.set(names, (labels = labelText(labelsOf(row, names))));
  return [{ labels, value }];
}

/** One series for each count, whose own labels are called as `own` says. */
function* texts(
  row: SeriesRow,
  { all }: EndCounts,
  names: readonly string[],
  own: { readonly status: string; readonly class?: string },
): Iterable<Series> {
  for (const count of all) {
    count.text ??= labelText({
      ...labelsOf(row, names),
      ...(count.route !== '' && { route: count.route }),
      [own.status]: count.status,
      ...(own.class !== undefined && { [own.class]: count.exceptionClass }),
    });
    yield { labels: count.text, value: count.value };
  }
}

function labelsOf({ names: of }: SeriesRow, names: readonly string[]): Record<string, string> {
  const known: Readonly<Record<string, string>> = {
    requested_model: of.requestedModel,
    model: of.deploymentModel,
    litellm_model_name: of.deploymentModel,
    model_group: of.requestedModel,
    fallback_model: of.deploymentModel,
    model_id: of.modelId,
    api_base: of.apiBase,
    api_provider: of.provider,
  };
  return Object.fromEntries(names.map((name) => [name, known[name] ?? 'None']));
}
