import { randomUUIDv7 } from 'node:crypto';
import {
  BadRequestError,
  type Call,
  endUserOf,
  type GatewayRequest,
  isJsonObject,
  type JsonBody,
  type JsonObject,
  type JsonValue,
} from '@app/call';
import { type CallKind } from './call-kinds.js';
import { checkParameters } from './check-parameters.js';
import { OWN_FIELDS, refuseFields } from './refused-fields.js';

const MAX_MODEL_LENGTH = 256;
const MAX_TAGS = 64;
const MAX_TAG_LENGTH = 256;
/** Control characters, and `*`: patterns belong to the configuration. */
const BAD_MODEL_NAME = /[\u0000-\u001f\u007f*]/;

export interface ReadOptions {
  readonly kind: CallKind;
  /** From the path, which wins over the body; null where the path names none. */
  readonly pathModel: string | null;
  readonly allowMockRequests: boolean;
  readonly userHeaderName: string | null;
  readonly clientAddress: string;
  readonly signal: AbortSignal;
}

/**
 * Reads a request for text or vectors. Unknown fields are none of our business and go upstream as they are.
 * @throws BadRequestError naming the field
 */
export function readChatCall(req: GatewayRequest, body: JsonBody, options: ReadOptions): Call {
  const { kind } = options;
  const { object } = body;
  refuseFields(object, options.allowMockRequests);
  checkParameters(object);
  const model = modelOf(options.pathModel ?? object['model']);
  checkPrompt(object, kind);
  const streamOptions = object['stream_options'];
  return {
    id: randomUUIDv7(),
    callId: req.callId,
    type: kind.type,
    route: routeOf(req),
    upstreamPath: kind.upstreamPath,
    caller: req.caller,
    model,
    body,
    ownFields: OWN_FIELDS,
    bodyBytes: body.bytes.length,
    stream: kind.streams && object['stream'] === true,
    wantsUsage: isJsonObject(streamOptions) && streamOptions['include_usage'] === true,
    timeoutMs: timeoutOf(req, object),
    endUser: endUserOf(req.headers, object, options.userHeaderName),
    tags: tagsOf(req, object),
    clientAddress: options.clientAddress,
    startedAt: new Date(Date.now() - (performance.now() - req.receivedAtMs)),
    startedAtMs: req.receivedAtMs,
    signal: options.signal,
  };
}

function modelOf(model: JsonValue | undefined): string {
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

function checkPrompt(object: JsonObject, { promptField }: CallKind): void {
  const prompt = object[promptField];
  if (promptField === 'messages') {
    if (!Array.isArray(prompt) || prompt.length === 0 || !prompt.every(isJsonObject)) {
      throw new BadRequestError('`messages` must be a list of at least one message.', 'messages');
    }
  } else if (typeof prompt !== 'string' && !Array.isArray(prompt)) {
    throw new BadRequestError(`\`${promptField}\` must be a text or a list.`, promptField);
  }
}

function timeoutOf(req: GatewayRequest, object: JsonObject): number | null {
  const header = Number(req.headers['x-litellm-timeout']);
  const seconds = Number.isFinite(header) && header > 0 ? header : object['timeout'];
  return typeof seconds === 'number' && seconds > 0 ? seconds * 1000 : null;
}

function tagsOf(req: GatewayRequest, object: JsonObject): readonly string[] {
  const header = req.headers['x-litellm-tags'];
  const fromHeader = typeof header === 'string' ? header.split(',').map((tag) => tag.trim()) : [];
  const metadata = object['metadata'];
  const listed = object['tags'] ?? (isJsonObject(metadata) ? metadata['tags'] : undefined);
  const fromBody = Array.isArray(listed) ? listed.filter((tag) => typeof tag === 'string') : [];
  if (fromHeader.length + fromBody.length === 0) return req.caller.tags;
  const all = new Set(
    [...fromHeader, ...fromBody, ...req.caller.tags].map((tag) => tag.slice(0, MAX_TAG_LENGTH)),
  );
  return [...all].filter((tag) => tag !== '').slice(0, MAX_TAGS);
}

const MODEL_IN_PATH =
  /^\/(engines|openai\/deployments)\/.+?(?=\/(?:chat\/completions|completions|embeddings)$)/;

/** The path as called, with a model in it replaced by its place, so that rows and metrics stay few. */
function routeOf({ path }: GatewayRequest): string {
  return path.startsWith('/engines/') || path.startsWith('/openai/')
    ? path.replace(MODEL_IN_PATH, '/$1/{model}')
    : path;
}
