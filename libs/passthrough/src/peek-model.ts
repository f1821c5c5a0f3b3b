import { type IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import {
  BadRequestError,
  type Caller,
  type GatewayRequest,
  type JsonBody,
  PermissionError,
  readJson,
  refuseOtherSpellings,
} from '@app/call';

/** Bodies up to this size are looked at for their model even where no rule asks for it. */
const SMALL_BYTES = 1024 * 1024;
/** Behind these segments backends take the model from the path, whatever else names one: `/upstream/{model}/…`. */
const BEFORE_MODEL = /^(?:upstream|engines|deployments|models?|unload|load)$/i;
/** Segments that are no model there: `/models/unload/{model}`. */
const NO_MODEL = /^(?:un)?load$/i;
/** Where what a backend does begins, behind a model whose name may have slashes itself: `/upstream/{a/b}/v1/…`. */
const BEGINS =
  /^(?:v\d\w*|api|health|props|slots|metrics|models|chat\/completions|completions?|embeddings?|infill|(?:de)?tokenize|apply-template|rerank|reranking|lora-adapters|images\/\w+|audio\/\w+|responses|messages|search)(?:\/|$)/i;
/** What is to be done with the model, in its own segment: `/models/{model}:generateContent`. */
const VERB = /:[^:]*$/;
const MAX_SEGMENTS = 16;
const JSON_TYPE = /^application\/(?:[\w.+-]+\+)?json\b/i;

export interface Peeked {
  /** Every model that the request names. */
  readonly models: readonly string[];
  /** In place of the request's own body, which has been read; null where it has not. */
  readonly body: Readable | null;
  readonly bodyBytes: number;
}

export interface PeekOptions {
  /** The path of the target itself, without a slash at its end. */
  readonly basePath: string;
  /** What stands in the path after the endpoint's own. */
  readonly below: string;
  readonly maxBytes: number;
  /** Whether a model of exactly this name is known here. */
  readonly isModel: (name: string) => boolean;
}

const isLimited = ({ models, outerModels }: Caller): boolean => models.length > 0 || outerModels.length > 0;

const hasModelLimits = ({ rules }: Caller): boolean => rules.some(({ model }) => model !== null);

/**
 * Finds which models a request names: in its path, its query and its JSON.
 * @throws PermissionError where the caller is limited to models and the request names none that can be seen
 */
export async function peekModel(
  req: GatewayRequest,
  caller: Caller,
  { basePath, below, maxBytes, isModel }: PeekOptions,
): Promise<Peeked> {
  const query = new URLSearchParams(req.originalUrl.split('?')[1] ?? '').getAll('model');
  const length = Number(req.headers['content-length'] ?? NaN);
  const isJson =
    JSON_TYPE.test(req.headers['content-type'] ?? '') && req.headers['content-encoding'] === undefined;
  const mustSee = isLimited(caller);
  let body: JsonBody | null = null;
  const mustLook = mustSee || hasModelLimits(caller);
  if (isJson && (mustLook || length <= SMALL_BYTES)) body = await readJson(req, maxBytes);
  if (body && mustLook) refuseOtherSpellings(body.object);
  const named = body?.object['model'];
  if (named !== undefined && typeof named !== 'string')
    throw new BadRequestError('`model` must be a name.', 'model');
  const others = body?.object['models'];
  const models = [
    ...query,
    ...(named === undefined ? [] : [named]),
    ...(Array.isArray(others) ? others.filter((name) => typeof name === 'string') : []),
    ...modelsInPath(basePath, below, isModel),
  ];
  const hidesBody = hasBody(req) && body === null;
  if (mustSee && (models.length === 0 || hidesBody)) {
    throw new PermissionError(
      'This key is limited to models, and the model of this request cannot be seen.',
      'key_model_access_denied',
      'model',
    );
  }
  return {
    models,
    body: body ? Readable.from([body.bytes]) : null,
    bodyBytes: body?.bytes.length ?? (Number.isFinite(length) ? length : 0),
  };
}

/** Segments as the backend reads them: still encoded, one would be the name of nothing. */
function modelsInPath(basePath: string, below: string, isModel: PeekOptions['isModel']): string[] {
  const segments = below.split('/').slice(1).map(decoded);
  const base = basePath.split('/').at(-1) ?? '';
  return segments.flatMap((segment, index) => {
    const before = index === 0 ? base : (segments[index - 1] ?? '');
    if (segment === '' || !BEFORE_MODEL.test(before)) return [];
    if (NO_MODEL.test(segment) && index + 1 < segments.length) return [];
    const names = namesFrom(segments.slice(index), isModel);
    return /^models?$/i.test(before) ? names.map((name) => name.replace(VERB, '')) : names;
  });
}

/**
 * The whole name that segments begin with, slashes and all. Backends compare what they have with the first segment, the
 * first two, and so on: where one of these is known here, it may be meant too.
 */
function namesFrom(segments: readonly string[], isModel: PeekOptions['isModel']): string[] {
  const filled = segments.filter((segment) => segment !== '').slice(0, MAX_SEGMENTS);
  const starts = filled.map((_, index) => filled.slice(0, index + 1).join('/'));
  const end = filled.findIndex((_, index) => index > 0 && BEGINS.test(filled.slice(index).join('/')));
  const whole = starts[end < 0 ? starts.length - 1 : end - 1] ?? '';
  return [whole, ...starts.filter((name) => name !== whole && isModel(name))];
}

function decoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
