import {
  BadRequestError,
  type Call,
  type Caller,
  type GatewayRequest,
  isJsonObject,
  type JsonBody,
  type JsonObject,
  modelNameFrom,
  OWN_FIELDS_BUT_METADATA,
  PermissionError,
  readCall,
  refuseFields,
} from '@app/call';
import { type RequestFacts } from '@app/pipeline';
import { type CallKind, type Shape } from './call-kinds.js';
import { checkParameters } from './check-parameters.js';

export interface ReadOptions extends RequestFacts {
  readonly kind: CallKind;
  /** Streams show their usage though nobody asked. */
  readonly alwaysShowsUsage: boolean;
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
  refuseOtherModels(req.caller, object);
  const model = modelNameFrom(options.pathModel ?? object['model']);
  for (const name in kind.required) checkShape(object, name, kind.required[name] ?? 'text');
  const streamOptions = object['stream_options'];
  return readCall(
    req,
    {
      type: kind.type,
      upstreamPath: kind.upstreamPath,
      model,
      body,
      bodyBytes: body.bytes.length,
      stream: kind.streams && object['stream'] === true,
      wantsUsage:
        kind.tellsUsage === true ||
        options.alwaysShowsUsage ||
        (isJsonObject(streamOptions) && streamOptions['include_usage'] === true),
      ...(kind.keepsMetadata === true && { ownFields: OWN_FIELDS_BUT_METADATA }),
      clientAddress: options.clientAddress,
      signal: options.signal,
    },
    options.userHeaderName,
  );
}

/** OpenRouter answers with any of these where the first does not: nobody would have judged it. */
function refuseOtherModels({ models, outerModels }: Caller, object: JsonObject): void {
  if (object['models'] === undefined || (models.length === 0 && outerModels.length === 0)) return;
  const text = 'This key is limited to models: name one in `model`, and no others in `models`.';
  throw new PermissionError(text, 'key_model_access_denied', 'models');
}

const SHAPES: Readonly<Record<Shape, string>> = {
  messages: 'a list of at least one message',
  text: 'a text',
  list: 'a list',
  'text or list': 'a text or a list',
};

function checkShape(object: JsonObject, name: string, shape: Shape): void {
  const value = object[name];
  if (shape === 'messages') {
    if (Array.isArray(value) && value.length > 0 && value.every(isJsonObject)) return;
  }
  const isText = typeof value === 'string' && (shape === 'text' || shape === 'text or list');
  const isList = Array.isArray(value) && (shape === 'list' || shape === 'text or list');
  if (!isText && !isList) throw new BadRequestError(`\`${name}\` must be ${SHAPES[shape]}.`, name);
}
