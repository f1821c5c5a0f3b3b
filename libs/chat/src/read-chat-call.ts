import {
  BadRequestError,
  type Call,
  type GatewayRequest,
  isJsonObject,
  type JsonBody,
  type JsonObject,
  modelNameFrom,
  OWN_FIELDS_BUT_METADATA,
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
