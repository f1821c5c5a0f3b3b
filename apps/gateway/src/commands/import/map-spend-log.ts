import { createHash } from 'node:crypto';
import { type ImportedCall } from '@app/spend';
import { spendIn } from './mapped.js';
import { numberIn, objectIn, type SourceRow, textIn, textsIn, timeIn } from './source-row.js';

/** The columns that are read: prompts and answers stay where they are. */
export const SPEND_LOG_COLUMNS = [
  'request_id',
  'call_type',
  'api_key',
  'spend',
  'prompt_tokens',
  'completion_tokens',
  'startTime',
  'endTime',
  'completionStartTime',
  'model',
  'model_id',
  'model_group',
  'custom_llm_provider',
  'api_base',
  'user',
  'metadata',
  'request_tags',
  'team_id',
  'end_user',
  'requester_ip_address',
  'status',
] as const;

/** Stands for the route in every row that was brought. */
export const IMPORT_ROUTE = 'litellm';
const OK = 200;
const FAILED = 500;

/** Null where it does not tell when it was. */
export function mapSpendLog(row: SourceRow): ImportedCall | null {
  const startedAt = timeIn(row, 'startTime');
  const requestId = textIn(row, 'request_id');
  if (startedAt === null || requestId === null) return null;
  const metadata = objectIn(row, 'metadata');
  const startMs = startedAt.getTime();
  const endMs = timeIn(row, 'endTime')?.getTime() ?? startMs;
  return {
    id: uuidOf(`request ${requestId}`),
    requestId,
    startedAtMs: startMs,
    durationMs: Math.max(0, endMs - startMs),
    timeToFirstTokenMs: firstTokenOf(row, startMs, endMs),
    ...tokensOf(row),
    costPicoUsd: spendIn(row),
    keyHash: textIn(row, 'api_key') ?? '',
    keyAlias: textIn(metadata, 'user_api_key_alias'),
    userId: textIn(row, 'user'),
    teamId: textIn(row, 'team_id'),
    endUser: textIn(row, 'end_user'),
    callType: textIn(row, 'call_type') ?? '',
    deploymentId: textIn(row, 'model_id'),
    model: textIn(row, 'model'),
    modelGroup: textIn(row, 'model_group'),
    provider: textIn(row, 'custom_llm_provider'),
    apiBase: textIn(row, 'api_base'),
    clientAddress: textIn(row, 'requester_ip_address'),
    tags: textsIn(row, 'request_tags'),
    ...endOf(row),
  };
}

/** A UUID out of a text: the same each time, of the version that leaves the bits to us (RFC 9562, section 5.8). */
export function uuidOf(text: string): string {
  const hex = createHash('sha256').update(`litellm ${text}`).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** Without a stream LiteLLM notes the end as the beginning of the answer. */
function firstTokenOf(row: SourceRow, startMs: number, endMs: number): number | null {
  const firstMs = timeIn(row, 'completionStartTime')?.getTime() ?? endMs;
  return firstMs >= startMs && firstMs < endMs ? firstMs - startMs : null;
}

function tokensOf(row: SourceRow) {
  const usage = objectIn(objectIn(row, 'metadata'), 'usage_object');
  return {
    promptTokens: numberIn(row, 'prompt_tokens') ?? 0,
    completionTokens: numberIn(row, 'completion_tokens') ?? 0,
    cachedTokens: numberIn(objectIn(usage, 'prompt_tokens_details'), 'cached_tokens') ?? 0,
    cacheWriteTokens: numberIn(usage, 'cache_creation_input_tokens') ?? 0,
    reasoningTokens: numberIn(objectIn(usage, 'completion_tokens_details'), 'reasoning_tokens') ?? 0,
  };
}

function endOf(row: SourceRow) {
  const metadata = objectIn(row, 'metadata');
  if ((textIn(row, 'status') ?? textIn(metadata, 'status')) !== 'failure') {
    return { status: OK, errorType: null, errorMessage: null };
  }
  const error = objectIn(metadata, 'error_information');
  const code = Number(error['error_code']);
  return {
    status: Number.isInteger(code) && code >= 400 && code <= 599 ? code : FAILED,
    errorType: textIn(error, 'error_class'),
    errorMessage: textIn(error, 'error_message'),
  };
}
