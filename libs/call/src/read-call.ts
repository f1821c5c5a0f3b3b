import { randomUUIDv7 } from 'node:crypto';
import { type Call } from './call.js';
import { type GatewayRequest } from './caller.js';
import { endUserOf } from './end-user.js';
import { BadRequestError } from './errors.js';
import { isJsonObject, type JsonObject, type JsonValue } from './json.js';
import { OWN_FIELDS } from './refused-fields.js';
import { wishesOf } from './routing-wishes.js';
import { traceHintsOf } from './trace-hints.js';

const MAX_MODEL_LENGTH = 256;
const MAX_TAGS = 64;
const MAX_TAG_LENGTH = 256;
/** A day: a timer that is set for longer than 24 days ends at once. */
const MAX_TIMEOUT_SECONDS = 86_400;
/** Control characters, and `*`: patterns belong to the configuration. */
const BAD_MODEL_NAME = /[\u0000-\u001f\u007f*]/;

/** What a door knows of a call beyond its body. */
export type CallKnown = Pick<
  Call,
  | 'type'
  | 'upstreamPath'
  | 'model'
  | 'body'
  | 'bodyBytes'
  | 'stream'
  | 'wantsUsage'
  | 'clientAddress'
  | 'signal'
> &
  Partial<Pick<Call, 'ownFields'>>;

/** Makes the call of a request: who asks and for whom, when, by which route, with which tags and deadline. */
export function readCall(req: GatewayRequest, known: CallKnown, userHeaderName: string | null): Call {
  const { object } = known.body;
  return {
    ...known,
    id: randomUUIDv7(),
    callId: req.callId,
    route: routeOf(req),
    caller: req.caller,
    ownFields: known.ownFields ?? OWN_FIELDS,
    timeoutMs: timeoutOf(req, object),
    cacheControl: req.headers['cache-control'],
    wishes: wishesOf(req.headers, object),
    endUser: endUserOf(req.headers, object, userHeaderName),
    tags: tagsOf(req, object),
    traceHints: traceHintsOf(req.headers),
    startedAt: new Date(Date.now() - (performance.now() - req.receivedAtMs)),
    startedAtMs: req.receivedAtMs,
  };
}

/** @throws BadRequestError for what is no name of a model */
export function modelNameFrom(model: JsonValue | undefined): string {
  if (typeof model !== 'string' || model === '') {
    throw new BadRequestError(
      'litellm.BadRequestError: `model` is missing: name the model to call.',
      'model',
    );
  }
  if (model.length > MAX_MODEL_LENGTH || BAD_MODEL_NAME.test(model)) {
    throw new BadRequestError('Invalid model name passed in `model`.', 'model');
  }
  return model;
}

function timeoutOf(req: GatewayRequest, object: JsonObject): number | null {
  const header = Number(req.headers['x-litellm-timeout']);
  const seconds = Number.isFinite(header) && header > 0 ? header : object['timeout'];
  return typeof seconds === 'number' && seconds > 0 ? Math.min(seconds, MAX_TIMEOUT_SECONDS) * 1000 : null;
}

function tagsOf(req: GatewayRequest, object: JsonObject): readonly string[] {
  const header = req.headers['x-litellm-tags'];
  const fromHeader = typeof header === 'string' ? header.split(',').map((tag) => tag.trim()) : [];
  const metadata = object['metadata'];
  const listed = object['tags'] ?? (isJsonObject(metadata) ? metadata['tags'] : undefined);
  const fromBody = Array.isArray(listed) ? listed.filter((tag) => typeof tag === 'string') : [];
  if (fromHeader.length + fromBody.length === 0) return req.caller.tags;
  // Those of the key first: however many a client names, it does not crowd them out.
  const all = new Set(
    [...req.caller.tags, ...fromHeader, ...fromBody].map((tag) => tag.slice(0, MAX_TAG_LENGTH)),
  );
  return [...all].filter((tag) => tag !== '').slice(0, MAX_TAGS);
}

const MODEL_IN_PATH =
  /^\/(engines|openai\/deployments)\/.+?(?=\/(?:chat\/completions|completions|embeddings|audio\/[a-z]+|images\/[a-z]+)$)/;
const RESPONSE_IN_PATH = /\/responses\/(?!compact$)[^/]+/;

/** The path as called, with a model or a response in it replaced by its place, so that rows and metrics stay few. */
function routeOf({ path }: GatewayRequest): string {
  if (path.startsWith('/engines/') || path.startsWith('/openai/deployments/'))
    return path.replace(MODEL_IN_PATH, '/$1/{model}');
  return path.includes('/responses/') ? path.replace(RESPONSE_IN_PATH, '/responses/{id}') : path;
}
