import { BadRequestError } from './errors.js';
import { isJsonObject, type JsonObject } from './json.js';

/** Fields that would choose a destination or a credential. Configuration does that, never a request. */
const REFUSED = new Set([
  'api_base',
  'base_url',
  'api_key',
  'api_version',
  'custom_llm_provider',
  'extra_headers',
  'default_headers',
  'extra_query',
  'organization',
  'proxy',
  'http_client',
  'user_config',
  'litellm_credential_name',
  'litellm_params',
  'model_list',
]);
const REFUSED_PREFIX = /^(?:azure|aws|vertex|watsonx|bedrock)_/;
const MOCK = /^mock_/;

/**
 * Fields for the gateway itself; they are left out of what goes upstream. Some are honoured, the others
 * have no meaning behind a gateway that is configured by its owner.
 */
export const OWN_FIELDS: ReadonlySet<string> = new Set([
  'metadata',
  'litellm_metadata',
  'tags',
  'fallbacks',
  'context_window_fallbacks',
  'content_policy_fallbacks',
  'disable_fallbacks',
  'num_retries',
  'max_retries',
  'timeout',
  'stream_timeout',
  'cooldown_time',
  'cache',
  'caching',
  'guardrails',
  'litellm_trace_id',
  'litellm_call_id',
  'litellm_session_id',
  'session_id',
  'drop_params',
  'additional_drop_params',
  'allowed_openai_params',
  'no-log',
  'fastest_response',
  'prompt_id',
  'prompt_variables',
  'speak_early',
]);

/** The same where `metadata` belongs to the protocol and goes on; `litellm_metadata` is for the gateway there. */
export const OWN_FIELDS_BUT_METADATA: ReadonlySet<string> = new Set(
  [...OWN_FIELDS].filter((name) => name !== 'metadata'),
);

/** What access, limits and metering are judged by. */
const GOVERNED = new Set([
  'model',
  'n',
  'best_of',
  'stream',
  'stream_options',
  'max_tokens',
  'max_completion_tokens',
  'max_output_tokens',
  'n_predict',
  'previous_response_id',
  'conversation',
]);
/** The last is what Go takes for an `s`; for the one it takes for a `k` there is no use here. */
const OTHER_LETTERS = /[A-Z\u017f]/;

/**
 * Backends written in Go read `Model` as `model`, and take whichever comes last: that would be another model than the
 * one that was judged, or another limit.
 * @throws BadRequestError naming the field
 */
export function refuseOtherSpellings(body: JsonObject): void {
  for (const name in body) {
    if (!OTHER_LETTERS.test(name) || !GOVERNED.has(name.toLowerCase().replaceAll('\u017f', 's'))) continue;
    throw new BadRequestError('This field has to be written in small letters.', name.slice(0, 64));
  }
}

/** @throws BadRequestError naming the first field that a request may not carry */
export function refuseFields(body: JsonObject, allowMockRequests: boolean): void {
  refuseOtherSpellings(body);
  for (const name in body) {
    if (REFUSED.has(name) || REFUSED_PREFIX.test(name)) throw refused(name);
    if (MOCK.test(name)) throw mockRefused(name, allowMockRequests);
  }
  const nested = body['litellm_metadata'];
  if (!isJsonObject(nested)) return;
  for (const name in nested) {
    if (REFUSED.has(name) || REFUSED_PREFIX.test(name)) throw refused(`litellm_metadata.${name}`);
  }
}

const refused = (name: string): BadRequestError =>
  new BadRequestError(
    `Rejected Request: the field \`${name}\` is not allowed; the gateway's configuration decides it.`,
    name,
  );

const mockRefused = (name: string, allowed: boolean): BadRequestError =>
  new BadRequestError(
    allowed
      ? `The field \`${name}\` is not supported.`
      : `The field \`${name}\` works only with \`general_settings.allow_mock_requests: true\`.`,
    name,
  );
