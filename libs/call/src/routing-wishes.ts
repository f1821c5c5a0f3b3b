import { type IncomingHttpHeaders } from 'node:http';
import { BadRequestError } from './errors.js';
import { isJsonObject, type JsonObject, type JsonValue } from './json.js';

/** What a request says about how it is to be routed. Null: it says nothing. */
export interface RoutingWishes {
  /** Models to try when the one that was asked for fails; none: do not fall back. */
  readonly fallbacks: readonly string[] | null;
  /** The same for prompts that are too long for the model. */
  readonly contextWindowFallbacks: readonly string[] | null;
  /** Further tries after the first, at most 10. */
  readonly numRetries: number | null;
  /** Longest wait for the first content of a stream. */
  readonly streamTimeoutMs: number | null;
  /** Calls of one session go to one deployment, as long as it is well. */
  readonly session: string | null;
}

export const NO_WISHES: RoutingWishes = Object.freeze({
  fallbacks: null,
  contextWindowFallbacks: null,
  numRetries: null,
  streamTimeoutMs: null,
  session: null,
});

const MAX_FALLBACKS = 20;
const MAX_NAME_LENGTH = 256;
const MAX_RETRIES = 10;

/** @throws BadRequestError naming a field that cannot be understood */
export function wishesOf(headers: IncomingHttpHeaders, body: JsonObject): RoutingWishes {
  const wishes: RoutingWishes = {
    fallbacks: body['disable_fallbacks'] === true ? [] : modelsIn(body, 'fallbacks'),
    contextWindowFallbacks: modelsIn(body, 'context_window_fallbacks'),
    numRetries: retriesOf(headers['x-litellm-num-retries'] ?? body['num_retries'] ?? body['max_retries']),
    streamTimeoutMs: secondsMs(headers['x-litellm-stream-timeout'] ?? body['stream_timeout']),
    session: sessionOf(headers, body),
  };
  return Object.values(wishes).every((wish) => wish === null) ? NO_WISHES : wishes;
}

/** Names, or objects with a `model`; what such an object would change besides is refused. */
function modelsIn(body: JsonObject, field: string): readonly string[] | null {
  const value = body[field];
  if (value === undefined || value === null) return null;
  if (!Array.isArray(value) || value.length > MAX_FALLBACKS) throw wrong(field);
  return value.map((item) => {
    const name = isJsonObject(item) && Object.keys(item).length === 1 ? item['model'] : item;
    if (typeof name !== 'string' || name === '' || name.length > MAX_NAME_LENGTH) throw wrong(field);
    return name;
  });
}

const wrong = (field: string): BadRequestError =>
  new BadRequestError(`\`${field}\` must be a list of at most ${MAX_FALLBACKS} names of models.`, field);

function retriesOf(value: JsonValue | string[] | undefined): number | null {
  const count = numberOf(value);
  return count !== null && Number.isInteger(count) && count >= 0 ? Math.min(count, MAX_RETRIES) : null;
}

function secondsMs(value: JsonValue | string[] | undefined): number | null {
  const seconds = numberOf(value);
  return seconds !== null && seconds > 0 ? seconds * 1_000 : null;
}

function numberOf(value: JsonValue | string[] | undefined): number | null {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : null;
}

function sessionOf(headers: IncomingHttpHeaders, body: JsonObject): string | null {
  const metadata = body['metadata'];
  const named = isJsonObject(metadata) ? metadata['session_id'] : undefined;
  for (const value of [
    headers['x-litellm-session-id'],
    body['litellm_session_id'],
    body['session_id'],
    named,
  ]) {
    if (typeof value === 'string' && value !== '') return value.slice(0, MAX_NAME_LENGTH);
  }
  return null;
}
