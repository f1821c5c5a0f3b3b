import { type IncomingHttpHeaders } from 'node:http';
import { GatewayError, isJsonObject, type JsonObject, type JsonValue, UpstreamError } from '@app/call';
import { collect, type Exchange, type ReplyHead } from './exchange.js';

const MAX_ERROR_BYTES = 64 * 1024;
const MAX_MESSAGE_LENGTH = 2_000;
/** Another try may succeed, for instance elsewhere. */
const RETRYABLE = new Set([408, 409, 425, 429, 500, 502, 503, 504, 529]);
/** Messages of llama.cpp that come as 500 but are the request's fault. */
const CLIENT_FAULT = /image input is not supported|requires --jinja|too large to process|"json_schema":/;
const CONNECT_FAILURES = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/** A failure without an answer: unreachable, reset, refused by the gate, or ended for a reason of our own. */
export function connectionError(error: unknown): GatewayError {
  if (error instanceof GatewayError) return error;
  const code = codeOf(error);
  if (code !== null && CONNECT_FAILURES.has(code)) {
    return new UpstreamError(502, 'Connection error: the upstream is unreachable.', true, { cause: error });
  }
  return new UpstreamError(502, 'Connection error: the upstream closed the connection.', true, {
    cause: error,
  });
}

function codeOf(error: unknown): string | null {
  if (typeof error !== 'object' || error === null) return null;
  if ('code' in error && typeof error.code === 'string') return error.code;
  return 'cause' in error ? codeOf(error.cause) : null;
}

/**
 * The upstream's own error in our shape, whatever shape it had: `{error:{…}}`, `{error:"text"}`, a flat object,
 * `{detail}`, text, HTML or nothing. Status and message stay; one of our `keys` that is echoed is taken out.
 */
export async function errorFromReply(
  { status, headers }: ReplyHead,
  body: Exchange,
  keys: readonly string[],
): Promise<GatewayError> {
  try {
    const { bytes } = await collect(body, MAX_ERROR_BYTES);
    if (status < 400) {
      return new UpstreamError(502, `The upstream answered with an unexpected status ${status}.`, false);
    }
    return errorFromText(status, withoutKeys(bytes.toString(), keys), retryAfterOf(headers));
  } catch (error) {
    // A broken error body still leaves its status; a client that left is the reason all the same.
    return error instanceof GatewayError ? error : errorFromText(status, '', retryAfterOf(headers));
  }
}

/** Builds the error from the body of a failed answer. */
export function errorFromText(
  status: number,
  text: string,
  headers: Readonly<Record<string, string>> = {},
): UpstreamError {
  const facts = factsOf(text);
  const retryable = RETRYABLE.has(status) && !CLIENT_FAULT.test(facts.message);
  const overflow = facts.type === 'exceed_context_size_error';
  return new UpstreamError(
    status,
    facts.message || `The upstream answered with status ${status}.`,
    retryable,
    {
      type: facts.type ?? (status === 429 ? 'throttling_error' : 'upstream_error'),
      param: facts.param,
      code: overflow ? 'context_length_exceeded' : facts.code,
      members: facts.members,
      headers: retryable ? headers : { ...headers, ...(status >= 500 ? { 'x-should-retry': 'false' } : {}) },
    },
  );
}

interface ErrorFacts {
  readonly message: string;
  readonly type: string | undefined;
  readonly param: string | null;
  readonly code: string | null;
  readonly members: Readonly<Record<string, string | number>>;
}

function factsOf(text: string): ErrorFacts {
  const parsed = parseOrNull(text);
  // Gemini wraps its error in a list.
  const first = Array.isArray(parsed) ? (parsed[0] ?? null) : parsed;
  const body = isJsonObject(first) ? first : {};
  const error = body['error'] ?? body['detail'] ?? body;
  const details: JsonObject = isJsonObject(error) ? error : {};
  const message = messageOf(error) ?? (parsed === null ? plainText(text) : '');
  return {
    message: message.slice(0, MAX_MESSAGE_LENGTH),
    type: typeof details['type'] === 'string' ? details['type'] : undefined,
    param: typeof details['param'] === 'string' && details['param'] !== '' ? details['param'] : null,
    code: textOf(details['code']) ?? textOf(details['status']),
    members: numbersOf(details, ['n_ctx', 'n_prompt_tokens']),
  };
}

/** The code is a number with some, which have their word for it beside it. */
const textOf = (value: JsonValue | undefined): string | null => (typeof value === 'string' ? value : null);

function messageOf(error: JsonValue): string | null {
  if (typeof error === 'string') return error;
  if (Array.isArray(error)) return JSON.stringify(error);
  if (!isJsonObject(error)) return null;
  if (typeof error['message'] === 'string') return error['message'];
  return typeof error['error'] === 'string' ? error['error'] : null;
}

function numbersOf(details: JsonObject, names: readonly string[]): Record<string, number> {
  const found: Record<string, number> = {};
  for (const name of names) {
    const value = details[name];
    if (typeof value === 'number') found[name] = value;
  }
  return found;
}

/** Markup is of no use to a client and must not be rendered by one. */
const plainText = (text: string): string => (/^\s*</.test(text) ? '' : text.trim());

function parseOrNull(text: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return null;
  }
}

const CREDENTIAL = /auth|key|token|secret|password|cookie/i;
const SCHEME = /^(?:bearer|basic)\s+/i;
/** What is shorter is a word that may stand in any message. */
const LEAST_KEY_LENGTH = 8;

/** The credentials among configured headers. */
export function credentialsIn(headers: Readonly<Record<string, string>>): string[] {
  return Object.entries(headers).flatMap(([name, value]) =>
    CREDENTIAL.test(name) ? [value.replace(SCHEME, '')] : [],
  );
}

/** A text of a backend without the keys that it was sent, should it repeat them. */
export function withoutKeys(text: string, keys: readonly string[]): string {
  return keys.reduce(
    (cleaned, key) => (key.length < LEAST_KEY_LENGTH ? cleaned : cleaned.replaceAll(key, '[redacted]')),
    text,
  );
}

function retryAfterOf(headers: IncomingHttpHeaders): Record<string, string> {
  const value = headers['retry-after'];
  return typeof value === 'string' && /^[\w ,:+.-]{1,40}$/.test(value) ? { 'retry-after': value } : {};
}
